import type { Manifest } from '../model/manifest.ts'
import { inOrder, type Outcome } from './checks.ts'
import type { Job, ReferenceBatch } from './jobs/job.ts'
import { type LogSplit, recordsOf, type SimLog } from './sim-source.ts'
import type { SimSinks } from './sim-sinks.ts'
import type { Report } from './stores.ts'

interface Shown extends Outcome {
  readonly job: Job
  readonly sinks: SimSinks
}

/** Every sink shows, batch by batch, what the reference comes to. */
export function checkContent({ job, stores, sinks, logs }: Shown, report: Report): void {
  const reference = job.reference()
  if (job.isLetter) checkLetters(job.isLetter, stores, logs, report)
  for (const manifest of inOrder(stores)) {
    const expected = reference(batchOf(manifest, stores.current!.zeroTime, logs))
    for (const [output, rows] of Object.entries(expected)) {
      const found = sinks.tables.get(output)?.get(manifest.batch) ?? plainRows(sinks, output, manifest.batch)
      const difference = compare(rows, found)
      if (difference) report('content', `${output} of batch ${manifest.batch}: ${difference}`)
    }
  }
}

/** Each record that makes a function throw is one dead letter, of the batch that read it. */
function checkLetters(
  isLetter: (record: unknown) => boolean,
  stores: Outcome['stores'],
  logs: ReadonlyMap<string, SimLog>,
  report: Report,
): void {
  for (const manifest of inOrder(stores)) {
    const { records } = batchOf(manifest, stores.current!.zeroTime, logs)
    const expected = Object.values(records).flat().filter(isLetter).length
    const found = (manifest.deadLetters ?? [])
      .filter(({ batch }) => batch === manifest.batch)
      .flatMap(({ open }) => Object.values(open).flat()).length
    if (found !== expected)
      report(
        'dead letters',
        `batch ${manifest.batch} read ${expected} records that must be set aside, and kept ${found}`,
      )
  }
}

function batchOf(manifest: Manifest, zeroTime: number, logs: ReadonlyMap<string, SimLog>): ReferenceBatch {
  const records = Object.fromEntries(
    Object.entries(manifest.cuts).map(([source, cut]) => [
      source,
      ((cut?.splits ?? []) as unknown as LogSplit[]).flatMap((split) => recordsOf(logs.get(source)!, split)),
    ]),
  )
  return { since: manifest.time - zeroTime, records }
}

const plainRows = (sinks: SimSinks, output: string, batch: number): unknown[] =>
  [...sinks.calls.values()].filter((call) => call.sink === output && call.batch === batch).flatMap((call) => call.rows)

function compare(expected: readonly unknown[], found: readonly unknown[]): string | null {
  const [wanted, seen] = [expected, found].map((rows) => rows.map((row) => JSON.stringify(row)).sort())
  if (wanted.length === seen.length && wanted.every((row, i) => row === seen[i])) return null
  const missing = without(wanted, seen)
  const extra = without(seen, wanted)
  return (
    `${missing.length} rows are missing, ${extra.length} too many; for example ${missing[0] ?? '-'} ` +
    `became ${extra[0] ?? '-'}`
  )
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
