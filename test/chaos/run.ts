/**
 * `npm run chaos -- --kills N [--seed s] [--workers w]`: runs the chaos program as a user would, kills its process (SIGKILL, and now and then SIGSTOP for a while) until it has
 * died N times and the stream has ended, and compares everything it left behind with a straight-line reference.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { appsBelow } from '../../lib/app/embedded-host.ts'
import { verifyApp } from '../../lib/cli/verify.ts'
import { SeededRandom } from '../../lib/local/seeded-random.ts'
import { reference } from './reference.ts'

/** A process lives this long before it is killed: long enough to start and run some batches, or to die in the middle of starting. */
const LIFE_MS = { min: 100, max: 900 }
const TICKS_PER_KILL = 6

export interface ChaosResult {
  readonly kills: number
  readonly stops: number
  readonly batches: number
  readonly seconds: number
  readonly differences: readonly string[]
}

export async function chaos({ kills, seed, workers }: { readonly kills: number; readonly seed: number; readonly workers: number }): Promise<ChaosResult> {
  const began = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-'))
  const random = new SeededRandom(seed)
  const ticks = Math.max(40, kills * TICKS_PER_KILL)
  const database = join(folder, 'out.db')
  makeTables(database)
  const errors = join(folder, 'stderr.txt')
  const run = (): ChildProcess => {
    const stderr = openSync(errors, 'w')
    const child = spawn(process.execPath, ['lib/cli/bin.ts', 'run', 'test/chaos/program.ts', database, join(folder, 'pages/p'), String(ticks), '--dir', join(folder, 'state'), '--workers', String(workers)], { stdio: ['ignore', 'ignore', stderr] })
    closeSync(stderr)
    return child
  }
  let stops = 0
  for (let killed = 0; killed < kills; killed++) {
    const child = run()
    await sleep(LIFE_MS.min + random.next() * (LIFE_MS.max - LIFE_MS.min))
    if (random.next() < 0.1) {
      stops++
      child.kill('SIGSTOP')
      await sleep(100)
      child.kill('SIGCONT')
    }
    await ended(child, 'SIGKILL')
  }
  // The last process must run a batch of its own: what the last kill left half done is its to finish, however far the stream had come.
  const end = Math.max(ticks, lastBatch(database) + 1)
  const last = run()
  while (lastBatch(database) < end) {
    if (last.exitCode !== null) throw new Error(`the program ended with ${last.exitCode} before the stream did: ${readFileSync(errors, 'utf8').slice(-2000)}`)
    await sleep(100)
  }
  await ended(last, 'SIGINT')
  const differences = [...compare(ticks, database, join(folder, 'pages')), ...(await violations(join(folder, 'state')))]
  if (differences.length === 0) rmSync(folder, { recursive: true })
  else console.error(`left for inspection: ${folder}`)
  return { kills, stops, batches: ticks, seconds: Math.round((Date.now() - began) / 1000), differences }
}

/** What `sluice verify` finds in what the killed processes have left. */
async function violations(dir: string): Promise<string[]> {
  const verdicts = await Promise.all((await appsBelow(dir)).map((app) => verifyApp(join(dir, app))))
  return verdicts.flatMap(({ violation }) => (violation ? [`write ${violation.rev} (${violation.cause}): ${violation.what}`] : []))
}

function makeTables(file: string): void {
  const database = new DatabaseSync(file)
  database.exec('CREATE TABLE windows (batch INTEGER, page TEXT, n INTEGER); CREATE TABLE totals (user TEXT PRIMARY KEY, ms INTEGER, batch INTEGER)')
  database.close()
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

function lastBatch(file: string): number {
  try {
    const database = new DatabaseSync(file, { readOnly: true })
    const row = database.prepare('SELECT max(batch) AS batch FROM totals').get() as { batch: number | null }
    database.close()
    return row.batch ?? 0
  } catch {
    return 0 // not made yet, or locked for a moment
  }
}

function compare(ticks: number, file: string, pages: string): string[] {
  const expected = reference(ticks)
  const database = new DatabaseSync(file, { readOnly: true })
  const windows = database.prepare('SELECT batch, page, n FROM windows WHERE batch <= ?').all(ticks).map((row) => `${row['batch']} ${row['page']} ${row['n']}`)
  const totals = database.prepare('SELECT user, ms FROM totals').all().map((row) => `${row['user']} ${row['ms']}`)
  database.close()
  return [
    ...difference('windows', windows.sort(), expected.windows),
    ...difference('totals', totals.sort(), expected.totals),
    ...difference('pages', newestPages(pages), expected.pages),
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

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { kills: { type: 'string', default: '300' }, seed: { type: 'string' }, workers: { type: 'string', default: '0' } } })
  const seed = Number(values.seed ?? process.env['SLUICE_SEED'] ?? Date.now() % 100_000)
  console.log(`seed ${seed}`)
  const result = await chaos({ kills: Number(values.kills), seed, workers: Number(values.workers) })
  console.log(`${result.kills} kills, ${result.stops} stops, ${result.batches} batches in ${result.seconds} s: ${result.differences.length} differences`)
  for (const line of result.differences.slice(0, 20)) console.log(line)
  if (result.differences.length > 0) process.exitCode = 1
}
