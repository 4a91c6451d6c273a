import type { Manifest } from '../model/manifest.ts'
import { inOrder, type Outcome } from './checks.ts'
import type { Job, ReferenceBatch } from './jobs/job.ts'
import { idsOf } from '../checkpoint/dead-letters.ts'
import { isFileSplit, readOf } from './read-of.ts'
import { filesOf } from './sim-files.ts'
import type { SimSinks } from './sim-sinks.ts'
import type { Report } from './stores.ts'

interface Shown extends Outcome {
  readonly job: Job
  readonly sinks: SimSinks
}

/** Every sink shows, batch by batch, what the reference comes to. */
export function checkContent(shown: Shown, report: Report): void {
  const { job, stores, sinks } = shown
  const reference = job.reference()
  for (const manifest of inOrder(stores)) {
    const batch = batchOf(manifest, shown)
    if (job.isLetter) checkLetters(job.isLetter, manifest, batch, report)
    if (job.outputLetters) checkOutputLetters(job.outputLetters(batch), manifest, shown, report)
    checkKept(job, manifest, report)
    for (const [output, rows] of Object.entries(reference(batch))) {
      const found = sinks.rowsOf(output, manifest.batch)
      const difference = compare(rows, found)
      if (difference) report('content', `${output} of batch ${manifest.batch}: ${difference}`)
    }
  }
}

/** Each record that makes a function throw is one dead letter, of the batch that read it. */
function checkLetters(
  isLetter: NonNullable<Job['isLetter']>,
  manifest: Manifest,
  batch: ReferenceBatch,
  report: Report,
): void {
  const expected = Object.values(batch.records)
    .flat()
    .filter((record) => isLetter(record, batch)).length
  const found = idsOf((manifest.deadLetters ?? []).filter((letters) => letters.batch === manifest.batch)).length
  if (found !== expected)
    report('dead letters', `batch ${manifest.batch} read ${expected} records that must be set aside, and kept ${found}`)
}

/** Each record that an output was shown without is one dead letter of it, which a later batch lists. */
function checkOutputLetters(
  expected: Readonly<Record<string, readonly unknown[]>>,
  { batch }: Manifest,
  { stores }: Shown,
  report: Report,
): void {
  const kept = [...stores.letters.values()].filter(({ id, ofOutput }) => ofOutput && id.startsWith(`${batch}-`))
  for (const [output, records] of Object.entries(expected)) {
    const found = kept.filter(({ source }) => source === output).map(({ record }) => record)
    const difference = compare(records, found)
    if (difference) report('dead letters', `those of ${output} of batch ${batch}: ${difference}`)
  }
}

/** Every file that counts was taken by a batch. */
export function checkFiles(
  { mustRead, others = [] }: Job,
  stores: Shown['stores'],
  logs: Shown['logs'],
  report: Report,
): void {
  if (!mustRead) return
  const taken = new Set(
    inOrder(stores).flatMap(({ cuts }) =>
      Object.values(cuts).flatMap((cut) =>
        (cut?.splits ?? []).flatMap((split) => (isFileSplit(split) ? [split.path] : [])),
      ),
    ),
  )
  for (const name of others)
    for (const { path, mtimeMs } of filesOf(logs.get(name)!).values())
      if (!taken.has(path) && mustRead(mtimeMs - stores.current!.zeroTime))
        report('exactly once', `${path}, modified at ${mtimeMs}, was read by no batch`)
}

/** No more records are kept than windows ask for. */
function checkKept({ keptMax = Infinity }: Job, { batch, retained }: Manifest, report: Report): void {
  for (const [stream, batches] of Object.entries(retained))
    if (batches.length > keptMax)
      report('kept', `batch ${batch} keeps ${batches.length} batches of "${stream}", of which ${keptMax} are asked for`)
}

const batchOf = (manifest: Manifest, { stores, logs }: Shown): ReferenceBatch => ({
  since: manifest.time - stores.current!.zeroTime,
  outputs: Object.keys(manifest.outputs),
  records: readOf(manifest, { stores, logs }),
})

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
