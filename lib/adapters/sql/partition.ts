import { SluiceError } from '../../model/errors.ts'
import type { Delivery } from '../../output/sink.ts'
import { decideFence, sinkIsNewer } from '../../output/fence.ts'
import type { Dialect } from './dialect.ts'
import type { Entry, Statement, Writer } from './statements.ts'

/** What the database said to one statement. */
export interface Answer {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** How many rows changed. */
  readonly changed: number
}

/**
 * What is said to the database within one transaction, and in which order. Whoever drives it sends each statement,
 * hands the answer back or throws the error in, and commits at the end: so a connection that must not wait (SQLite) and
 * one that has to (a server) share these rules.
 */
export type Conversation<R> = Generator<Statement, R, Answer>

export interface Partition<T> {
  readonly delivery: Delivery
  readonly entries: readonly Entry<T>[]
  readonly writer: Writer<T>
  readonly dialect: Dialect
  /** Quoted. */
  readonly fence: string
  /** For errors. */
  readonly place: string
  /** Which errors mean a row that is left out; `null` when every error fails the partition. */
  readonly skips: ((error: unknown) => boolean) | null
  /** Which errors mean that rows of one statement are one row to the table, which get a statement each. */
  readonly splits?: ((error: unknown) => boolean) | null
}

/** What was left out. */
export type Skipped<T> = { readonly record: T; readonly error: unknown }

/** The fence moves first: whoever holds its row is alone with this partition until the transaction ends. */
export function* writePartition<T>(partition: Partition<T>): Conversation<readonly Skipped<T>[]> {
  const { delivery, place } = partition
  const last = yield* lockFence(partition)
  switch (decideFence(last, delivery.batch)) {
    case 'already-applied':
      return []
    case 'newer':
      throw sinkIsNewer(delivery, last!, place)
    case 'apply':
      yield* last === null ? insertFence(partition) : moveFence(partition)
      return yield* store(partition)
  }
}

function* lockFence({ dialect, fence, delivery }: Partition<unknown>): Conversation<number | null> {
  const { rows } = yield {
    sql: `select batch from ${fence} where ${whose(dialect, 1)}${dialect.lock}`,
    values: idOf(delivery),
  }
  return rows[0] ? Number(rows[0].batch) : null
}

function* insertFence({ dialect, fence, delivery }: Partition<unknown>): Conversation<void> {
  const values = [...idOf(delivery), delivery.batch]
  const { changed } = yield {
    sql: dialect.insertFence(
      fence,
      [...idColumns, 'batch'].join(', '),
      values.map((_, i) => dialect.placeholder(i + 1)).join(', '),
    ),
    values,
  }
  if (changed === 0)
    throw new FenceTaken(`another process writes partition ${delivery.partition} of "${delivery.sink}"`)
}

function* moveFence({ dialect, fence, delivery }: Partition<unknown>): Conversation<void> {
  yield {
    sql: `update ${fence} set batch = ${dialect.placeholder(1)} where ${whose(dialect, 2)}`,
    values: [delivery.batch, ...idOf(delivery)],
  }
}

/** Somebody else put the first fence row there in between: the transaction has to begin again, and will see it. */
export class FenceTaken extends Error {}

function* store<T>({ entries, writer, skips, splits = null }: Partition<T>): Conversation<readonly Skipped<T>[]> {
  const skipped: Skipped<T>[] = []
  for (const chunk of writer.chunks(entries)) {
    if (skips || splits) yield* storeGood(writer, chunk, { skips, splits }, skipped)
    else yield* storeAll(writer, chunk)
  }
  return skipped
}

function* storeAll<T>(writer: Writer<T>, chunk: readonly Entry<T>[]): Conversation<void> {
  for (const statement of writer.statements(chunk)) yield statement
}

/** A chunk with a bad row, or with rows of one key, is undone and tried again in halves, until each is alone. */
function* storeGood<T>(
  writer: Writer<T>,
  chunk: readonly Entry<T>[],
  judges: Required<Pick<Partition<T>, 'skips' | 'splits'>>,
  skipped: Skipped<T>[],
): Conversation<void> {
  yield* plainly('savepoint sluice_chunk')
  try {
    yield* storeAll(writer, chunk)
  } catch (error) {
    const isBad = judges.skips?.(error) ?? false
    if (!isBad && (chunk.length === 1 || !judges.splits?.(error))) throw error
    yield* plainly('rollback to savepoint sluice_chunk')
    if (chunk.length === 1) skipped.push({ record: chunk[0]!.record, error })
    else {
      const half = Math.floor(chunk.length / 2)
      yield* storeGood(writer, chunk.slice(0, half), judges, skipped)
      yield* storeGood(writer, chunk.slice(half), judges, skipped)
    }
    return
  }
  yield* plainly('release savepoint sluice_chunk')
}

function* plainly(sql: string): Conversation<void> {
  yield { sql, values: [] }
}

const idColumns = ['app', 'inc', 'sink', 'part'] as const

/**
 * The incarnation is part of the identity: an app that begins anew is not held back, and a straggler of the old one
 * cannot disturb it.
 */
const idOf = ({ app, inc, sink, partition }: Delivery): (string | number)[] => [
  name(app),
  name(inc),
  name(sink),
  partition,
]

const whose = (dialect: Dialect, from: number): string =>
  idColumns.map((column, i) => `${column} = ${dialect.placeholder(from + i)}`).join(' and ')

function name(text: string): string {
  if (text.length <= nameLengthMax) return text
  throw new SluiceError(
    'E_SINK_NAME',
    `"${text.slice(0, 40)}…" is longer than the ${nameLengthMax} characters a fence keeps.`,
    { did: 'nothing was written', next: ['give the output a shorter name'] },
  )
}

/** As wide as the columns of every fence table. */
export const nameLengthMax = 190
