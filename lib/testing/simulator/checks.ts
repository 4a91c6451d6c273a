import type { Manifest } from '../../model/manifest.ts'
import type { Job, ReferenceBatch } from './jobs/job.ts'
import { type LogSplit, recordsOf, type SimLog } from './sim-source.ts'
import type { SimSinks } from './sim-sinks.ts'
import type { Report, WatchedStores } from './stores.ts'

export interface Outcome {
  readonly job: Job
  readonly stores: WatchedStores
  readonly sinks: SimSinks
  readonly logs: ReadonlyMap<string, SimLog>
}

/** What must hold when everything has healed and all input has been consumed. */
export async function checkOutcome(outcome: Outcome, report: Report): Promise<void> {
  const { stores } = outcome
  const head = stores.current!
  if (head.outDone !== head.committed) report('liveness', `batch ${head.committed} is committed, but only ${head.outDone} is delivered`)
  if (head.owed.length > 0) report('liveness', `outputs are still owed: ${head.owed.map(({ output, batch }) => `${output} of ${batch}`).join(', ')}`)
  for (let batch = 1; batch <= head.committed; batch++) if (!stores.manifests.has(batch)) report('contiguity', `batch ${batch} was never committed`)
  await stores.missing(stores.manifests.get(head.committed)!)
  checkRanges(outcome, report)
  checkContent(outcome, report)
}

/** Ranges join end to end and cover everything that arrived: each record is in one batch. */
function checkRanges({ stores, logs }: Outcome, report: Report): void {
  const at = new Map<string, number>()
  for (const manifest of inOrder(stores)) {
    for (const [source, cut] of Object.entries(manifest.cuts)) {
      for (const { p, from, to } of (cut?.splits ?? []) as unknown as LogSplit[]) {
        const expected = at.get(`${source}/${p}`) ?? 0
        if (from !== expected) report('exactly once', `batch ${manifest.batch} reads ${source}/${p} from ${from}; the batch before ended at ${expected}`)
        at.set(`${source}/${p}`, to)
      }
    }
  }
  for (const log of logs.values()) {
    for (const [p, records] of log.partitions.entries()) {
      if ((at.get(`${log.name}/${p}`) ?? 0) !== records.length) report('exactly once', `${log.name}/${p} holds ${records.length} records; ${at.get(`${log.name}/${p}`)} were read`)
    }
  }
}

/** Every sink shows, batch by batch, what the reference comes to. */
function checkContent({ job, stores, sinks, logs }: Outcome, report: Report): void {
  const reference = job.reference()
  for (const manifest of inOrder(stores)) {
    const expected = reference(batchOf(manifest, stores.current!.zeroTime, logs))
    for (const [output, rows] of Object.entries(expected)) {
      const found = sinks.tables.get(output)?.get(manifest.batch) ?? plainRows(sinks, output, manifest.batch)
      const difference = compare(rows, found)
      if (difference) report('content', `${output} of batch ${manifest.batch}: ${difference}`)
    }
  }
}

function batchOf(manifest: Manifest, zeroTime: number, logs: ReadonlyMap<string, SimLog>): ReferenceBatch {
  const records = Object.fromEntries(Object.entries(manifest.cuts).map(([source, cut]) => [source, ((cut?.splits ?? []) as unknown as LogSplit[]).flatMap((split) => recordsOf(logs.get(source)!, split))]))
  return { since: manifest.time - zeroTime, records }
}

const plainRows = (sinks: SimSinks, output: string, batch: number): unknown[] =>
  [...sinks.calls.values()].filter((call) => call.sink === output && call.batch === batch).flatMap((call) => call.rows)

const inOrder = (stores: WatchedStores): Manifest[] => [...stores.manifests.values()].sort((a, b) => a.batch - b.batch)

function compare(expected: readonly unknown[], found: readonly unknown[]): string | null {
  const [wanted, seen] = [expected, found].map((rows) => rows.map((row) => JSON.stringify(row)).sort())
  if (wanted.length === seen.length && wanted.every((row, i) => row === seen[i])) return null
  const missing = without(wanted, seen)
  const extra = without(seen, wanted)
  return `${missing.length} rows are missing, ${extra.length} too many; for example ${missing[0] ?? '-'} became ${extra[0] ?? '-'}`
}

function without(rows: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1)
  return rows.filter((row) => {
    const count = left.get(row) ?? 0
    left.set(row, count - 1)
    return count <= 0
  })
}
