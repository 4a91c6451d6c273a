import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { FilesManifest } from '../../lib/adapters/index.ts'
import { temporaryFolder } from './local/temporary-folder.ts'
import { type Dice, withSeeds } from '../support/dice.ts'
import { linesOf } from './word-count-lines.ts'

const KILLS = 15
const BATCHES = 160

test(`a word count that is killed ${KILLS} times leaves the tables and files of one that never was`, (t) =>
  withSeeds(t, 1, async (dice, seed) => {
    const folder = await temporaryFolder(t)
    const place = { state: join(folder, 'state'), database: join(folder, 'counts.db'), files: join(folder, 'files') }
    makeTables(place.database)
    const args = [place.state, place.database, place.files, String(seed), String(BATCHES)]
    let kills = 0
    while ((await run(args, kills < KILLS ? dice : null)) === 'killed') kills++
    assert.equal(kills, KILLS)

    const reference = countedStraight(linesOf(seed, BATCHES))
    assert.deepEqual(table(place.database, 'select word, n from totals order by word'), reference.totals)
    assert.deepEqual(table(place.database, 'select word, n from added order by word'), reference.totals)
    assert.deepEqual(
      table(place.database, 'select batch, word, n from history order by batch, word'),
      reference.history,
    )
    assert.deepEqual(await listed(place.files), reference.history)
  }))

/** One life of the program: to its end, or for some batches and a few milliseconds. */
function run(args: readonly string[], dice: Dice | null): Promise<'killed' | 'ended'> {
  const { promise, resolve, reject } = Promise.withResolvers<'killed' | 'ended'>()
  const program = fileURLToPath(new URL('./word-count-program.ts', import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [batchesMax, delayMs] = dice ? [dice.between(1, 6), dice.below(12)] : [Infinity, 0]
  let batches = 0
  let said = ''
  let killing = false
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stdout.setEncoding('utf8').on('data', (dots: string) => {
    batches += dots.length
    if (batches < batchesMax || killing) return
    killing = true
    setTimeout(() => child.kill('SIGKILL'), delayMs)
  })
  child.once('error', reject)
  child.once('close', (code, signal) => {
    if (signal === 'SIGKILL') resolve('killed')
    else if (code === 0) resolve('ended')
    else reject(new Error(`the program ended with ${code ?? signal}: ${said}`))
  })
  return promise
}

function makeTables(file: string): void {
  const database = new DatabaseSync(file)
  for (const name of ['totals', 'added'])
    database.exec(`create table ${name} (word text primary key, n integer not null)`)
  database.exec('create table history (batch integer, word text, n integer)')
  database.close()
}

function table(file: string, sql: string): unknown[][] {
  const database = new DatabaseSync(file, { readOnly: true })
  const rows = database
    .prepare(sql)
    .all()
    .map((row) => Object.values(row))
  database.close()
  return rows
}

/** What readers of the manifests find: batch, word and count. */
async function listed(folder: string): Promise<unknown[][]> {
  const rows: unknown[][] = []
  for (const name of (await readdir(join(folder, '_manifest'))).filter((each) => each.endsWith('.json')).sort()) {
    const manifest = JSON.parse(await readFile(join(folder, '_manifest', name), 'utf8')) as FilesManifest
    const texts = await Promise.all(manifest.files.map((file) => readFile(join(folder, file.name), 'utf8')))
    const pairs = texts
      .flatMap((text) => text.split('\n').slice(0, -1))
      .map((line) => JSON.parse(line) as [string, number])
    rows.push(...pairs.sort(byWord).map(([word, n]) => [manifest.batch, word, n]))
  }
  return rows
}

/** The same counts in a plain loop. Batches are numbered from 1. */
function countedStraight(batches: readonly (readonly string[])[]): {
  readonly totals: unknown[][]
  readonly history: unknown[][]
} {
  const totals = new Map<string, number>()
  const history: unknown[][] = []
  for (const [i, lines] of batches.entries()) {
    const counts = new Map<string, number>()
    for (const word of lines.flatMap((line) => line.split(' '))) {
      counts.set(word, (counts.get(word) ?? 0) + 1)
      totals.set(word, (totals.get(word) ?? 0) + 1)
    }
    history.push(...[...counts].sort(byWord).map(([word, n]) => [i + 1, word, n]))
  }
  return { totals: [...totals].sort(byWord), history }
}

const byWord = ([a]: readonly [string, number], [b]: readonly [string, number]): number => (a < b ? -1 : a > b ? 1 : 0)
