import type { StreamGraph } from '../../../graph/graph.ts'
import { badArgument } from '../../../lineage/bad-argument.ts'
import { SluiceError } from '../../../model/errors.ts'
import { callerPlace } from '../../../model/place.ts'
import { kindOf, shownOr } from '../../../model/settled.ts'
import type { Time } from '../../../model/time.ts'
import type { OutputSink } from '../../../output/sink.ts'
import type { Receiver } from '../../../source/receiver/receiver.ts'
import type { Source } from '../../../source/source.ts'
import { RDD } from '../../rdd/rdd.ts'
import type { DStream } from '../dstream.ts'

// As in `bad-argument.ts` of `lineage`. Each throws `E_ARGUMENT`.

/** Several streams, in a list. */
export function needsStreams(streams: unknown, caller: string): void {
  if (!Array.isArray(streams))
    throw badArgument(`${caller} was given ${kindOf(streams)}, and needs a list of streams.`, `ssc.${caller}([a, b])`)
}

export function needsReceiver(receiver: unknown): void {
  const { onStart, onStop } = (receiver ?? {}) as Partial<Receiver<unknown>>
  if (typeof onStart === 'function' && typeof onStop === 'function') return
  throw badArgument(
    `receiverStream was given ${kindOf(receiver)}, and needs a receiver.`,
    'extend Receiver, with onStart() and onStop()',
  )
}

/** The queue stays the program's: what is pushed later is looked at when a batch takes it. */
export function needsQueue(queue: unknown): void {
  if (!Array.isArray(queue))
    throw badArgument(`queueStream was given ${kindOf(queue)}, and needs a list of RDDs or arrays.`, QUEUE)
  for (const item of queue) needsQueued(item)
}

export function needsQueued(item: unknown): void {
  if (Array.isArray(item) || item instanceof RDD) return
  throw badArgument(`A queue of queueStream holds ${kindOf(item)}, and may hold RDDs and arrays.`, QUEUE)
}

const QUEUE = 'queueStream([[1, 2], [3]]): an array for each batch'

/** A stream that meets others in an operator. An RDD, which looks alike, is for `transform`. */
export function needsStream(stream: unknown): void {
  const given = stream as Partial<DStream<unknown>> | null | undefined
  if (typeof given?.node?.slideMs === 'number') return
  const what = given?.node === undefined ? kindOf(stream) : 'an RDD'
  throw badArgument(
    `A stream meets ${what}, and can only meet another stream.`,
    'stream.transform((rdd) => rdd.union(other)) takes an RDD',
  )
}

export function needsTime(time: unknown): void {
  if (Number.isFinite((time as Partial<Time> | null | undefined)?.milliseconds)) return
  throw badArgument(`slice was given ${shownOr(time)}, and needs a Time.`, 'slice(new Time(from), new Time(to))')
}

export function needsSource(source: unknown): void {
  const { name, cut, read } = (source ?? {}) as Partial<Source<unknown>>
  if (typeof name === 'string' && typeof cut === 'function' && typeof read === 'function') return
  throw badArgument(
    `A source is ${kindOf(source)} without a name, cut() or read().`,
    "{ name: 'Orders', cut: async (request) => …, read: (split) => … }",
  )
}

export function needsSink(sink: unknown): void {
  const { name, guarantee, write } = (sink ?? {}) as Partial<OutputSink<unknown>>
  const isGuarantee = guarantee === 'exactly-once' || guarantee === 'at-least-once'
  if (typeof name === 'string' && isGuarantee && typeof write === 'function') return
  throw badArgument(
    `A sink is ${kindOf(sink)} without a name, a guarantee or write().`,
    "{ name: 'orders', guarantee: 'at-least-once', write: async (records, delivery) => … }",
  )
}

/** What a stream of standard input is called. */
const STANDARD_INPUT = 'standard-input'

/** Throws `E_GRAPH`: there is one standard input. */
export function refuseSecondStdin({ inputs }: StreamGraph): void {
  const first = inputs.find(({ operator }) => operator === STANDARD_INPUT)
  if (!first) return
  throw new SluiceError('E_GRAPH', `Standard input can be read once; it is at ${first.place}.`, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: ['use the first stream again: any number of operators may read it'],
  })
}
