import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { rowsOf } from '../rows.ts'
import { difference, type Scene, type SceneRequest } from '../scene.ts'
import { reference } from './reference.ts'

/** Intervals of the stream for each kill: about as long as a process lives. */
const TICKS_PER_KILL = { one: 6, fleet: 3 }

/** Visits that are a function of the batch time, so that every single output of every batch is known. */
export function visitsScene({ folder, kills, processes }: SceneRequest): Scene {
  const file = join(folder, 'out.db')
  const ticks = Math.max(40, kills * (processes > 0 ? TICKS_PER_KILL.fleet : TICKS_PER_KILL.one))
  makeTables(file)
  const batch = (): number => Number(rowsOf(file, 'SELECT max(batch) FROM totals')[0]?.[0] ?? 0)
  return {
    app: 'chaos',
    programArgs: ['test/chaos/visits/program.ts', file, join(folder, 'pages/p'), String(ticks)],
    begin() {},
    end() {},
    batch,
    isThrough: () => batch() >= ticks,
    differences() {
      const expected = reference(ticks)
      return [
        ...difference(
          'windows',
          rowsOf(file, `SELECT batch, page, n FROM windows WHERE batch <= ${ticks}`)
            .map((row) => row.join(' '))
            .sort(),
          expected.windows,
        ),
        ...difference(
          'totals',
          rowsOf(file, 'SELECT user, ms FROM totals')
            .map((row) => row.join(' '))
            .sort(),
          expected.totals,
        ),
        ...difference('pages', newestPages(join(folder, 'pages')), expected.pages),
      ]
    },
  }
}

function makeTables(file: string): void {
  const database = new DatabaseSync(file)
  database.exec(
    'CREATE TABLE windows (batch INTEGER, page TEXT, n INTEGER); CREATE TABLE totals (user TEXT PRIMARY ' +
      'KEY, ms INTEGER, batch INTEGER)',
  )
  database.close()
}

function newestPages(folder: string): string[] {
  const newest = join(folder, readdirSync(folder).sort().at(-1)!)
  const lines = readdirSync(newest)
    .filter((name) => name.startsWith('part-'))
    .flatMap((name) => readFileSync(join(newest, name), 'utf8').split('\n'))
  return lines
    .filter((line) => line !== '')
    .map((line) => line.slice(1, -1).replace(',', ' '))
    .sort()
}
