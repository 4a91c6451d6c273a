/** What every chaos run writes, and what must be there in the end. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { reference } from './reference.ts'

export interface ChaosRequest {
  readonly kills: number
  /** Threads for tasks in the one process that runs the program. */
  readonly workers: number
  /** Processes for tasks; 0: one process for everything. */
  readonly processes: number
}

export interface Killed {
  readonly kills: number
  readonly stops: number
}

export interface Scene {
  /** Everything that is written lies below it. */
  readonly folder: string
  readonly database: string
  /** Intervals in which visits arrive. */
  readonly ticks: number
  /** The program, and its arguments. */
  readonly programArgs: readonly string[]
}

/** Intervals of the stream for each kill: about as long as a process lives. */
const TICKS_PER_KILL = { one: 6, fleet: 3 }

export function newScene(folder: string, { kills, processes }: ChaosRequest): Scene {
  const database = join(folder, 'out.db')
  const ticks = Math.max(40, kills * (processes > 0 ? TICKS_PER_KILL.fleet : TICKS_PER_KILL.one))
  makeTables(database)
  return { folder, database, ticks, programArgs: ['test/chaos/program.ts', database, join(folder, 'pages/p'), String(ticks)] }
}

function makeTables(file: string): void {
  const database = new DatabaseSync(file)
  database.exec('CREATE TABLE windows (batch INTEGER, page TEXT, n INTEGER); CREATE TABLE totals (user TEXT PRIMARY KEY, ms INTEGER, batch INTEGER)')
  database.close()
}

/** The last batch whose totals are in the database. */
export function lastBatch(file: string): number {
  try {
    const database = new DatabaseSync(file, { readOnly: true })
    const row = database.prepare('SELECT max(batch) AS batch FROM totals').get() as { batch: number | null }
    database.close()
    return row.batch ?? 0
  } catch {
    return 0 // not made yet, or locked for a moment
  }
}

/** What is not as plain code computes it from the first `ticks` intervals. */
export function compare({ ticks, database: file, folder }: Scene): string[] {
  const expected = reference(ticks)
  const database = new DatabaseSync(file, { readOnly: true })
  const windows = database.prepare('SELECT batch, page, n FROM windows WHERE batch <= ?').all(ticks).map((row) => `${row['batch']} ${row['page']} ${row['n']}`)
  const totals = database.prepare('SELECT user, ms FROM totals').all().map((row) => `${row['user']} ${row['ms']}`)
  database.close()
  return [
    ...difference('windows', windows.sort(), expected.windows),
    ...difference('totals', totals.sort(), expected.totals),
    ...difference('pages', newestPages(join(folder, 'pages')), expected.pages),
  ]
}

function newestPages(folder: string): string[] {
  const newest = join(folder, readdirSync(folder).sort().at(-1)!)
  const lines = readdirSync(newest).filter((name) => name.startsWith('part-')).flatMap((name) => readFileSync(join(newest, name), 'utf8').split('\n'))
  return lines.filter((line) => line !== '').map((line) => line.slice(1, -1).replace(',', ' ')).sort()
}

function difference(what: string, found: readonly string[], expected: readonly string[]): string[] {
  const [have, want] = [new Set(found), new Set(expected)]
  const missing = expected.filter((row) => !have.has(row)).map((row) => `${what}: missing ${row}`)
  const extra = found.filter((row, i) => !want.has(row) || found[i - 1] === row).map((row) => `${what}: too much ${row}`)
  return [...missing, ...extra]
}
