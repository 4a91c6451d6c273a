import { badArgument } from '../../../lineage/bad-argument.ts'
import { kindOf } from '../../../model/settled.ts'
import type { OutputSink } from '../../../output/sink.ts'
import type { Source } from '../../../source/source.ts'
import type { DStream } from '../dstream.ts'

// What the types of a program say, for programs whose types nobody checks: said where it is written, before anything
// runs. Each throws `E_ARGUMENT`.

/** `caller` is the operator that `f` was given to. */
export function needsFunction(f: unknown, caller: string): void {
  if (typeof f !== 'function') throw badArgument(`${caller} was given ${kindOf(f)}, and needs a function.`)
}

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
