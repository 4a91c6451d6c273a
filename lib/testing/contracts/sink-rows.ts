import assert from 'node:assert/strict'
import type { Delivery, OutputSink } from '../../output/sink.ts'

/** What is written: a row of every kind of value. */
export interface SinkRow {
  /** Unique among the rows of a test. */
  readonly id: string
  /** Any text, or nothing. */
  readonly text: string | null
  /** Any number but NaN and infinities, or nothing. */
  readonly n: number | null
  /** A point in time in whole ms, or nothing. */
  readonly at: Date | null
}

/** How a process ends at a call to the outside: before it is made, with the call under way, or when it was answered. */
export type Death = 'before' | 'during' | 'after'
export const deaths: readonly Death[] = ['before', 'during', 'after']

const texts: readonly (string | null)[] = [
  '',
  ' ',
  'plain',
  "O'Brien",
  'say "hi"',
  '`tick`',
  'back\\slash',
  "\\'; drop table sluice_fence; --",
  '%s $1 ? :name',
  'Grüße',
  '数据',
  '🎉👩‍👩‍👧',
  'e\u0301',
  '\u2028',
  'NULL',
  null,
  'true',
  '007',
  'x'.repeat(10_000),
]
const numbers: readonly (number | null)[] = [
  0,
  1,
  -1,
  0.1,
  -1234.5678,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  1e300,
  5e-9,
  null,
]
const dates: readonly (Date | null)[] = [
  new Date(0),
  new Date(-1),
  new Date('2024-02-29T23:59:59.999Z'),
  new Date('1901-01-01T00:00:00Z'),
  new Date('2200-06-15T12:00:00.001Z'),
  null,
]

/** A row for every text, with the other values beside them. */
export const values: readonly SinkRow[] = texts.map((text, i) => ({
  id: `v${i}`,
  text,
  n: numbers[i % numbers.length]!,
  at: dates[i % dates.length]!,
}))

/** `count` rows whose ids begin with `prefix`. */
export const rows = (prefix: string, count: number): SinkRow[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${prefix}${i}`,
    text: `text ${i}`,
    n: i,
    at: new Date(1_700_000_000_000 + i),
  }))

/** Whose batch it is, where that matters to a test. */
interface Owner {
  readonly inc?: string
  readonly sink?: string
}

/** One partition of a batch, as the engine describes it. */
export function delivery(
  batch: number,
  partition = 0,
  partitions = 1,
  { inc = 'one', sink = 'rows' }: Owner = {},
): Delivery {
  return {
    app: 'app',
    inc,
    sink,
    batch,
    timeMs: batch * 1000,
    partition,
    partitions,
    key: ['app', inc, sink, batch, partition].join('/'),
  }
}

/** All of a batch, as the engine does it. */
export async function deliver<T>(
  sink: OutputSink<T>,
  batch: number,
  parts: readonly (readonly T[])[],
  owner: Owner = {},
): Promise<void> {
  for (const [partition, records] of parts.entries()) {
    if (records.length > 0 || sink.writesEmpty)
      await sink.write(records, delivery(batch, partition, parts.length, owner))
  }
  await finish(sink, batch, parts.length, owner)
}

/** The end of a batch of which every partition was written. */
async function finish(sink: OutputSink<never>, batch: number, partitions: number, owner: Owner = {}): Promise<void> {
  const { app, inc, sink: name, timeMs } = delivery(batch, 0, partitions, owner)
  await sink.finish?.({ app, inc, sink: name, batch, timeMs, partitions })
}

/** Each partition of a batch is written by a process of its own, and one more ends the batch. */
export async function deliverApart<T>(
  open: () => OutputSink<T>,
  batch: number,
  parts: readonly (readonly T[])[],
): Promise<void> {
  for (const [partition, records] of parts.entries())
    await open().write(records, delivery(batch, partition, parts.length))
  await finish(open(), batch, parts.length)
}

/** Two batches, the sink closed twice behind each of them. Returns what has to be there then. */
export async function deliverReopened(sink: OutputSink<SinkRow>): Promise<SinkRow[]> {
  for (const batch of [1, 2]) {
    await deliver(sink, batch, [rows(`${batch}-`, 2)])
    for (let time = 0; time < 2; time++) await sink.close?.()
  }
  return [...rows('1-', 2), ...rows('2-', 2)]
}

/** What is written is not what is kept: a sink may be given the same objects again. */
export async function assertLeft(open: () => OutputSink<SinkRow>): Promise<void> {
  const given = [...values, ...rows('z', 2), ...rows('a', 2)]
  const before = structuredClone(given)
  await deliver(open(), 1, [given])
  assert.deepEqual(given, before)
}

/** Delivers under `batch` with a signal that has aborted already. */
export async function assertGivenUp(sink: OutputSink<SinkRow>, records: readonly SinkRow[]): Promise<void> {
  const signal = AbortSignal.abort(new Error('given up'))
  await assert.rejects(sink.write(records, { ...delivery(1), signal }), /given up/)
}

/** Rows that were found, in any order, are those that were expected. What differs is said in few words. */
export function assertRows(found: readonly SinkRow[], expected: readonly SinkRow[]): void {
  const [left, missing] = [counted(found), [] as string[]]
  for (const text of expected.map(textOf)) {
    const count = left.get(text) ?? 0
    if (count === 0) missing.push(text)
    left.set(text, count - 1)
  }
  const tooMany = [...left].flatMap(([text, count]) => (count > 0 ? [text] : []))
  const some = (texts: readonly string[]): string[] => texts.slice(0, SHOWN).map((text) => text.slice(0, SHOWN_CHARS))
  assert.deepEqual(
    { rows: found.length, missing: some(missing), tooMany: some(tooMany) },
    { rows: expected.length, missing: [], tooMany: [] },
  )
}

const SHOWN = 5
const SHOWN_CHARS = 200

function counted(rowsFound: readonly SinkRow[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of rowsFound.map(textOf)) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

/** Tells values apart that are not the same, and a date from its text. */
const textOf = ({ id, text, n, at, ...more }: SinkRow): string =>
  JSON.stringify({ id, text, n, at: at && (at instanceof Date ? { ms: at.getTime() } : at), ...more })

/** More calls than a partition of these suites takes. */
const CALLS_MAX = 200

/** Whether the process that ends at its n-th call did not come so far. */
export async function survives(n: number, delivered: Promise<void>): Promise<boolean> {
  try {
    await delivered
    return true
  } catch (error) {
    if (n < CALLS_MAX) return false
    const found = `a process that was to end at call ${n} fails, though a partition takes fewer calls`
    throw new Error(`${found}: it fails for another reason`, { cause: error })
  }
}
