import { fittingTable } from './fitting-table.ts'
import { SluiceError } from '../../model/errors.ts'
import { BUNDLED, type Delivery, type OutputSink } from '../../output/sink.ts'
import { inTime } from '../../output/in-time.ts'
import { type Attempt, tryRepeatedly } from '../../output/retry.ts'
import { driverError } from '../../output/secrets.ts'
import type { Dialect } from './dialect.ts'
import type { SqlOptions } from './options.ts'
import {
  type Answer,
  type Conversation,
  FenceTaken,
  type Partition,
  type Skipped,
  writePartition,
} from './partition.ts'
import { bytesOf, type Entry, newWriter, quotedTable, type Statement, STATEMENT_BYTES_MAX } from './statements.ts'
import { toEntries } from './to-entries.ts'

/** One connection of a pool, for the length of one transaction. */
export interface ServerConnection {
  run(statement: Statement): Promise<Answer>
  begin(): Promise<void>
  /** Rejects unless the server said that the transaction is committed. */
  commit(): Promise<void>
  rollback(): Promise<void>
  /** Gives it back; a connection in an unknown state is closed instead. */
  release(state: 'clean' | 'unknown'): void
}

/** What an error of the driver means. */
export type ServerFault =
  /** The transaction collided with another and may simply run again. */
  | 'collision'
  /**
   * Nobody knows what became of the last statement, be it the commit: run again on another connection, and the fence
   * tells.
   */
  | 'connection'
  /** The row is at fault. */
  | 'row'
  /** Anything else: a missing table, a lacking permission. */
  | 'statement'

export interface Server {
  /** Loads the driver, if it is needed. */
  ready(): Promise<unknown>
  readonly dialect: Dialect
  /** What may be shown of where it is. */
  readonly place: string
  readonly secrets: readonly string[]
  connect(): Promise<ServerConnection>
  faultOf(error: unknown): ServerFault
  /** The most bytes that the server takes at once; it ends the connection of whoever sends more. */
  bytesMax?(connection: ServerConnection): Promise<number>
  /** Whether the error says that two rows of one statement are one row to the table. */
  isRepeatedKey(error: unknown): boolean
  /** Whether the error says that a table is not there. */
  isMissingTable(error: unknown): boolean
  close(): Promise<void>
}

/** The sink of every SQL server: one transaction per partition, with its fence row. */
export function serverSink<T, C extends readonly string[]>(
  server: Server,
  options: SqlOptions<T, C>,
): OutputSink<T, 'exactly-once'> {
  const { dialect, place } = server
  const writer = newWriter<T, C>(dialect, options)
  const fence = quotedTable(dialect, options.fence ?? 'sluice_fence')
  const skips = options.onRowError === 'skip' ? (error: unknown): boolean => server.faultOf(error) === 'row' : null
  let fenceIsThere = false
  // Only the column knows which keys are equal to it. Once it has said so, rows are sent with a way back.
  let splits: ((error: unknown) => boolean) | null = null
  return {
    name: options.name ?? (options.statements ? dialect.name.toLowerCase() : options.table),
    guarantee: 'exactly-once',
    address: options.statements ? place : `${place}, table ${options.table}`,
    [BUNDLED]: true,
    ready: () => server.ready(),
    async write(records, delivery) {
      const { entries, skipped } = toEntries(records, delivery, writer, options)
      const fits = fittingTable(dialect, options, entries[0]?.row)
      const report = (refused: readonly Skipped<T>[]): void => {
        for (const { record, error } of [...skipped, ...refused]) options.onSkip?.(record, error, delivery)
      }
      await tryRepeatedly(delivery, options.attempts ?? 5, () =>
        attempt(server, delivery, fits, options.timeoutMs ?? 120_000, async (connection) => {
          fenceIsThere ||= await makeFence(server, connection, fence)
          const large = await tooLarge(server, connection, entries)
          if (large.size > 0 && !skips) throw rowTooLarge(place, delivery, large)
          const partition = {
            delivery,
            entries: entries.filter((entry) => !large.has(entry)),
            writer,
            dialect,
            fence,
            place,
            skips,
          }
          const skippedHere = (refused: readonly Skipped<T>[]): void => {
            const over = [...large.keys()].map(({ record }) => ({ record, error: rowTooLarge(place, delivery, large) }))
            report([...over, ...refused])
          }
          try {
            await transaction(connection, { ...partition, splits }, skippedHere)
          } catch (error) {
            if (splits || !server.isRepeatedKey(error)) throw error
            splits = (again) => server.isRepeatedKey(again)
            await transaction(connection, { ...partition, splits }, skippedHere)
          }
        }),
      )
    },
    close: () => server.close(),
  }
}

/** The rows that no statement can hold, with their bytes. The server is asked only where a row is large. */
async function tooLarge<T>(
  server: Server,
  connection: ServerConnection,
  entries: readonly Entry<T>[],
): Promise<ReadonlyMap<Entry<T>, number>> {
  const large = entries
    .map((entry) => [entry, bytesOf(entry)] as const)
    .filter(([, bytes]) => bytes > STATEMENT_BYTES_MAX)
  if (large.length === 0 || !server.bytesMax) return new Map()
  const most = await server.bytesMax(connection)
  return new Map(large.filter(([, bytes]) => bytes > most))
}

const rowTooLarge = (
  place: string,
  { sink, partition, batch }: Delivery,
  large: ReadonlyMap<unknown, number>,
): SluiceError =>
  new SluiceError('E_SINK_VALUE', `A row of ${[...large.values()][0]} bytes is more than ${place} takes at once.`, {
    where: { operator: sink, partition, batch },
    did: 'nothing of its partition was written',
    next: ['raise max_allowed_packet of the server', "onRowError: 'skip' to store the other rows"],
  })

async function attempt(
  server: Server,
  delivery: Delivery,
  fits: readonly string[],
  timeoutMs: number,
  body: (connection: ServerConnection) => Promise<void>,
): Promise<Attempt<void>> {
  let connection: ServerConnection | null = null
  try {
    connection = marking(await marked(server.connect()))
    // A server that fell silent is left behind: its connection is closed, and what it still does ends with the fence.
    const late = (): Error => silence(timeoutMs)
    await inTime(body(connection), { ms: timeoutMs, late, signal: delivery.signal })
    connection.release('clean')
    return { kind: 'done', result: undefined }
  } catch (error) {
    connection?.release('unknown')
    if (error instanceof FenceTaken) return { kind: 'again', error }
    const fault = isOfDriver(error) ? server.faultOf(error) : 'statement'
    const shown = shownError(server, error, fault, delivery, fits)
    if (fault === 'row' || fault === 'statement') throw shown
    return { kind: 'again', error: shown }
  }
}

function silence(timeoutMs: number): Error {
  const error = new Error(`the partition was not written within ${timeoutMs} ms`)
  driverErrors.add(error)
  return error
}

async function transaction<T>(
  connection: ServerConnection,
  partition: Partition<T>,
  beforeCommit: (refused: readonly Skipped<T>[]) => void,
): Promise<void> {
  await connection.begin()
  try {
    beforeCommit(await drive(connection, writePartition(partition), partition.delivery.signal))
  } catch (error) {
    // The error at hand says more than whatever rolling back runs into.
    await connection.rollback().catch(() => {})
    throw error
  }
  await connection.commit()
}

async function drive<R>(
  connection: ServerConnection,
  conversation: Conversation<R>,
  signal: AbortSignal | undefined,
): Promise<R> {
  let step = conversation.next()
  while (!step.done) {
    signal?.throwIfAborted()
    step = await answered(connection, conversation, step.value)
  }
  return step.value
}

async function answered<R>(
  connection: ServerConnection,
  conversation: Conversation<R>,
  statement: Statement,
): Promise<IteratorResult<Statement, R>> {
  let answer: Answer
  try {
    answer = await connection.run(statement)
  } catch (error) {
    return conversation.throw(error)
  }
  return conversation.next(answer)
}

/**
 * Outside of any transaction, and only when it is missing: making a table may need a right that writing rows does not.
 */
async function makeFence(
  { dialect, isMissingTable }: Server,
  connection: ServerConnection,
  fence: string,
): Promise<true> {
  try {
    await connection.run({ sql: `select batch from ${fence} where 1 = 0`, values: [] })
  } catch (error) {
    if (!isMissingTable(error)) throw error
    await connection.run({ sql: dialect.createFence(fence), values: [] })
  }
  return true
}

/**
 * Errors that came out of a driver. Others, of `onSkip`, of an aborted signal or our own, say nothing about the server
 * and go on as they are.
 */
const driverErrors = new WeakSet<object>()
const isOfDriver = (error: unknown): boolean => typeof error === 'object' && error !== null && driverErrors.has(error)

async function marked<R>(call: Promise<R>): Promise<R> {
  try {
    return await call
  } catch (error) {
    if (typeof error === 'object' && error !== null && !(error instanceof SluiceError)) driverErrors.add(error)
    throw error
  }
}

const marking = (connection: ServerConnection): ServerConnection => ({
  run: (statement) => marked(connection.run(statement)),
  begin: () => marked(connection.begin()),
  commit: () => marked(connection.commit()),
  rollback: () => connection.rollback(),
  release: (state) => connection.release(state),
})

function shownError(
  { place, secrets }: Server,
  error: unknown,
  fault: ServerFault,
  { sink, partition, batch }: Delivery,
  fits: readonly string[],
): unknown {
  if (!isOfDriver(error)) return error
  const where = { operator: sink, partition, batch }
  switch (fault) {
    case 'collision':
    case 'connection':
      return driverError('E_SINK_UNAVAILABLE', place, error, secrets, {
        where,
        did: 'the last transaction was not confirmed; its fence row tells the next attempt whether it happened',
        retry: true,
        next: ['see whether the server is up and takes connections'],
      })
    case 'row':
      return driverError('E_SINK_REJECTED', place, error, secrets, {
        where,
        did: 'nothing of the partition was written',
        next: ['correct the row or the table', "onRowError: 'skip' to store the other rows"],
      })
    case 'statement':
      return driverError('E_SINK_REJECTED', place, error, secrets, {
        where,
        did: 'nothing of the partition was written',
        next: ['correct the table, its columns or the rights of the user', ...fits],
      })
  }
}
