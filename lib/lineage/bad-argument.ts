import { SluiceError } from '../model/errors.ts'
import { callerPlace } from '../model/place.ts'
import { kindOf, shownOr } from '../model/settled.ts'
import type { RddNode } from './node.ts'

/** An argument that no RDD operation can work with: nothing has run yet. */
export const badArgument = (message: string, ...next: string[]): SluiceError =>
  new SluiceError('E_ARGUMENT', message, {
    where: { place: callerPlace() },
    did: 'nothing was run',
    next,
    spark: 'IllegalArgumentException',
  })

// What the types of a program say, for programs whose types nobody checks: said where it is written, before anything
// runs. `caller` is the method that was given it. Each throws `E_ARGUMENT`.

export function needsFunction(f: unknown, caller: string): void {
  if (typeof f !== 'function') throw badArgument(`${caller} was given ${kindOf(f)}, and needs a function.`)
}

/** How many records: `Infinity` is all of them, and less than 0 none, as in Spark. */
export function needsCount(count: unknown, caller: string): void {
  if (Number.isInteger(count) || count === Infinity) return
  throw badArgument(`${caller} was given ${shownOr(count)}, and needs a whole number of records.`, `${caller}(10)`)
}

/** A text or a function here would count as true. */
export function needsFlag(flag: unknown, caller: string, what: string): void {
  if (typeof flag !== 'boolean')
    throw badArgument(`${caller} was given ${shownOr(flag)} for ${what}, and needs true or false.`)
}

/** A text would be joined to a sum, and nothing would make it NaN. */
export function needsNumber(value: unknown, caller: string): void {
  if (typeof value !== 'number') throw badArgument(`${caller} was given ${shownOr(value)}, and needs a number.`)
}

/** What is no number would be the same seed as any other that is none. */
export function needsSeed(seed: unknown, caller: string): void {
  if (!Number.isFinite(seed)) throw badArgument(`${caller} was given ${shownOr(seed)} for its seed, a number.`)
}

export function needsText(text: unknown, caller: string, what: string): void {
  if (typeof text !== 'string' || text === '')
    throw badArgument(`${caller} was given ${shownOr(text)}, and needs ${what}.`)
}

/** The lineage of an RDD that meets another one. A stream, which looks alike, has none of its own. */
export function nodeOf<T>(rdd: { readonly node: RddNode<T> }, caller: string): RddNode<T> {
  const given = rdd as Partial<typeof rdd> | null | undefined
  if (typeof given?.node?.partitions === 'number') return rdd.node
  throw badArgument(
    `${caller} was given ${given?.node === undefined ? kindOf(rdd) : 'a stream'}, and needs an RDD.`,
    'make one: sparkContext.parallelize([1, 2])',
    'inside transform and foreachRDD a stream is the RDD that they give',
  )
}
