import { hash } from 'node:crypto'
import { messageOf, SluiceError } from '../../../model/errors.ts'
import { bound, callable, oneOf, type RulesOf, text } from '../../../model/options.ts'
import { backoffMs } from '../../../host/backoff.ts'
import type { Delivery } from '../../../output/sink.ts'
import { isCalled, isRefusal } from '../service-error.ts'
import { inParallel } from './in-parallel.ts'
import { packed, type RequestLimits } from './pack.ts'

/** What sinks of services that take some records at a time have in common. */
export interface RecordSinkOptions<T> {
  /** Name of the sink in errors. */
  readonly name?: string
  /**
   * What becomes of a record that the service refuses for itself, such as one that is too large: `fail` (default) fails
   * the partition, and its output is held; `skip` leaves the record out and sends the others.
   */
  readonly onRecordError?: 'fail' | 'skip'
  /** Hears of each record that is left out; more than once where a partition is delivered again. */
  readonly onSkip?: (record: T, error: SluiceError) => void
  /** How often a record is sent when the service is busy or gives no answer (default 8). */
  readonly attempts?: number
  /** How many requests are under way at the same time (default 4). */
  readonly parallel?: number
}

export const SEND_OPTIONS: RulesOf<RecordSinkOptions<any>> = {
  name: text,
  onRecordError: oneOf('fail', 'skip'),
  onSkip: callable,
  attempts: bound,
  parallel: bound,
}

/** A record as it is sent. Those of one lane are sent one after the other; `null`: alone. */
interface Outgoing<M> {
  readonly message: M
  readonly bytes: number
  readonly lane: string | null
}

/** What became of a record of a request that was answered. */
export type Fate =
  | { readonly kind: 'taken' }
  | { readonly kind: 'again'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }

export const TAKEN: Fate = { kind: 'taken' }

/** What a client is told besides the command. */
interface SendOptions {
  readonly abortSignal?: AbortSignal
}

/** A service that takes some records with a request, and answers for each. */
export interface RecordService<T, M> {
  /** As a user knows it. */
  readonly shown: string
  readonly limits: RequestLimits
  /** Throws `E_SINK_VALUE` for a record that the service would not take; `id` is the same at every delivery. */
  outgoing(record: T, id: string, path: string, delivery: Delivery): Outgoing<M>
  /** Sends a request, once. Gives the fates in the order of the messages; throws what the client throws. */
  send(messages: readonly M[], options: SendOptions): Promise<readonly Fate[]>
  /** Names of errors by which a service refuses a whole request for one of its records. */
  readonly blames: ReadonlySet<string>
}

/** The same for a record at every delivery, and for no other. @testing A test compares what arrives with it. */
export const recordId = (delivery: Delivery, i: number): string => hash('sha256', `${delivery.key}/${i}`, 'base64url')

/**
 * Sends every record at least once. Of a request only the records that were not taken are sent again, after growing
 * waits with jitter, until `signal` aborts or `notAfter` is near.
 */
export async function sendRecords<T, M>(
  records: readonly T[],
  delivery: Delivery,
  service: RecordService<T, M>,
  options: RecordSinkOptions<T>,
): Promise<void> {
  const skip = skipper(options)
  const queued: Queued<T, M>[] = []
  for (const [i, record] of records.entries()) {
    const made = orError(() => service.outgoing(record, recordId(delivery, i), `record[${i}]`, delivery))
    if (made instanceof SluiceError) skip(record, made)
    else queued.push({ ...made, record, i, failures: 0 })
  }
  let lanes = lanesOf(queued)
  for (let round = 1; lanes.length > 0; round++) {
    const outcome: Outcome<T, M> = { failed: [], lastWhy: '' }
    const heads = lanes.map((lane) => lane.at(-1)!)
    await inParallel(packed(heads, service.limits), options.parallel ?? 4, (batch) =>
      sendBatch(batch, delivery, service, outcome, skip),
    )
    const failed = new Set(outcome.failed)
    for (const lane of lanes) if (!failed.has(lane.at(-1)!)) lane.pop()
    lanes = lanes.filter((lane) => lane.length > 0)
    if (failed.size > 0) await waitBefore(round, outcome, delivery, service, options.attempts ?? 8)
  }
}

interface Queued<T, M> extends Outgoing<M> {
  readonly record: T
  readonly i: number
  failures: number
}

interface Outcome<T, M> {
  readonly failed: Queued<T, M>[]
  lastWhy: string
}

type Skip<T> = (record: T, error: SluiceError) => void

function skipper<T>({ onRecordError = 'fail', onSkip }: RecordSinkOptions<T>): Skip<T> {
  return (record, error) => {
    if (onRecordError === 'fail') throw error
    onSkip?.(record, error)
  }
}

/** Each lane holds its records the last one first, so that the next is taken off its end. */
function lanesOf<T, M>(queued: readonly Queued<T, M>[]): Queued<T, M>[][] {
  const byName = new Map<string | number, Queued<T, M>[]>()
  for (const each of queued.toReversed()) {
    const name = each.lane ?? each.i
    const lane = byName.get(name)
    if (lane) lane.push(each)
    else byName.set(name, [each])
  }
  return [...byName.values()].sort((a, b) => a.at(-1)!.i - b.at(-1)!.i)
}

async function sendBatch<T, M>(
  batch: readonly Queued<T, M>[],
  delivery: Delivery,
  service: RecordService<T, M>,
  outcome: Outcome<T, M>,
  skip: Skip<T>,
): Promise<void> {
  const fates = await fatesOf(batch, delivery, service)
  for (const [at, queued] of batch.entries()) {
    const fate = fates[at]!
    if (fate.kind === 'again') {
      queued.failures++
      outcome.failed.push(queued)
      outcome.lastWhy = fate.why
    } else if (fate.kind === 'refused') {
      skip(queued.record, rejected(service.shown, `record[${queued.i}]: ${fate.why}`, delivery))
    }
  }
}

/** A request that is refused for one of its records is sent in halves, until that record is alone. */
async function fatesOf<T, M>(
  batch: readonly Queued<T, M>[],
  delivery: Delivery,
  service: RecordService<T, M>,
): Promise<readonly Fate[]> {
  const { signal } = delivery
  signal?.throwIfAborted()
  const messages = batch.map(({ message }) => message)
  try {
    return await service.send(messages, signal ? { abortSignal: signal } : {})
  } catch (error) {
    signal?.throwIfAborted()
    if (!isRefusal(error)) return batch.map(() => ({ kind: 'again', why: messageOf(error) }))
    if (!isCalled(error, ...service.blames)) throw rejected(service.shown, messageOf(error), delivery, error)
    if (batch.length === 1) return [{ kind: 'refused', why: messageOf(error) }]
    const half = Math.ceil(batch.length / 2)
    const first = await fatesOf(batch.slice(0, half), delivery, service)
    return [...first, ...(await fatesOf(batch.slice(half), delivery, service))]
  }
}

async function waitBefore<T, M>(
  round: number,
  { failed, lastWhy }: Outcome<T, M>,
  delivery: Delivery,
  { shown }: RecordService<T, M>,
  attempts: number,
): Promise<void> {
  const { key, clock, signal, notAfter, sink, partition, batch } = delivery
  const most = failed.reduce((max, { failures }) => Math.max(max, failures), 0)
  const due = (clock?.now() ?? 0) + backoffMs(`${key}#${round}`, most)
  if (most >= attempts || (clock && notAfter !== undefined && due >= notAfter)) {
    throw new SluiceError('E_SINK_UNAVAILABLE', `${shown} has not taken ${failed.length} records: ${lastWhy}`, {
      where: { operator: sink, partition, batch },
      did: 'the partition is owed, and sent again as a whole with the same ids',
      retry: true,
    })
  }
  if (clock) await clock.sleepUntil(due, signal)
}

const rejected = (shown: string, why: string, { sink, partition, batch }: Delivery, cause?: unknown): SluiceError =>
  new SluiceError('E_SINK_REJECTED', `${shown}: ${why}`, {
    where: { operator: sink, partition, batch },
    did: 'other records of the partition may have been sent; they are sent again with the same ids',
    next: ["correct the record or the place, or leave such records out: onRecordError: 'skip'"],
    ...(cause === undefined ? {} : { cause }),
  })

function orError<R>(make: () => R): R | SluiceError {
  try {
    return make()
  } catch (error) {
    if (error instanceof SluiceError) return error
    throw error
  }
}
