import { KeyTable } from '../../../keys/key-table.ts'
import { lookupKey } from '../../../keys/lookup.ts'
import { countKeysPerSplit } from '../actions/counts.ts'
import { badArgument, needsFlag, needsSeed } from '../../../lineage/bad-argument.ts'
import { kindOf, shownOr } from '../../../model/settled.ts'
import type { Runnable } from '../../../lineage/jobs.ts'
import { type RddNode, sinkOf } from '../../../lineage/node.ts'
import { Draws, emitTimes } from '../../../lineage/sampling.ts'
import { streamedNode } from '../../../lineage/streamed.ts'

/** Each record with probability `fraction`, or, with replacement, a Poisson number of times with that mean. */
export function sample<T>(node: RddNode<T>, withReplacement: boolean, fraction: number, seed: number): RddNode<T> {
  checkFraction(fraction, withReplacement)
  needsSeed(seed, 'sample')
  return drawnNode('sample', node, seed, (draws) => timesOf(draws, withReplacement, fraction))
}

/** Splits by cells of [0, 1): the same draw decides for all parts, so each record is in exactly one. */
export function randomSplit<T>(node: RddNode<T>, weights: readonly number[], seed: number): RddNode<T>[] {
  if (!Array.isArray(weights)) throw badArgument(`randomSplit was given ${kindOf(weights)}.`, 'pass [0.8, 0.2]')
  needsSeed(seed, 'randomSplit')
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (!weights.every((weight) => weight >= 0) || !(total > 0) || total === Infinity) {
    throw badArgument(
      `Weights must be nonnegative and their sum positive, but got [${weights.map(shownOr).join(',')}].`,
      'pass weights such as [0.8, 0.2]',
    )
  }
  let passed = 0
  return weights.map((weight, i) => {
    const from = passed / total
    passed += weight
    const to = i === weights.length - 1 ? 1 : passed / total
    return drawnNode('randomSplit', node, seed, (draws) => {
      const draw = draws.next()
      return draw >= from && draw < to ? 1 : 0
    })
  })
}

/** A fraction per key. */
export type Fractions<K> = ReadonlyMap<K, number> | Readonly<Record<string, number>>

export function sampleByKey<K, V>(
  node: RddNode<readonly [K, V]>,
  withReplacement: boolean,
  fractions: Fractions<K>,
  seed: number,
): RddNode<[K, V]> {
  const fractionOf = fractionsByKey(fractions, withReplacement)
  needsSeed(seed, 'sampleByKey')
  return drawnNode('sampleByKey', node as RddNode<[K, V]>, seed, (draws, [key]) =>
    timesOf(draws, withReplacement, fractionOf(key)),
  )
}

/**
 * Exactly `ceil(fraction * count)` records of each key. Counts the keys of each partition with a job, then draws among
 * their numbers.
 */
export function sampleByKeyExact<K, V>(
  { node, runner }: Runnable<readonly [K, V]>,
  withReplacement: boolean,
  fractions: Fractions<K>,
  seed: number,
): RddNode<[K, V]> {
  const fractionOf = fractionsByKey(fractions, withReplacement)
  needsSeed(seed, 'sampleByKeyExact')
  const counts = countKeysPerSplit({ node, runner })
  const keys = new KeyTable()
  const totals: number[] = []
  const starts = counts.map(
    (pairs) =>
      new Map(
        pairs.map(([key, count]) => {
          const id = keys.upsert(key)
          const start = totals[id] ?? 0
          totals[id] = start + count
          return [id, start]
        }),
      ),
  )
  const chosen = totals.map((total, id) =>
    chooseRanks(total, Math.ceil(fractionOf(keys.keyAt(id) as K) * total), withReplacement, new Draws(seed, id)),
  )
  return streamedNode('sampleByKeyExact', node, (split, out) => {
    const next = new Map(starts[split])
    return sinkOf((pair) => {
      const id = keys.find(pair[0])
      const rank = next.get(id)!
      next.set(id, rank + 1)
      emitTimes(out, pair as [K, V], chosen[id].get(rank) ?? 0)
    })
  })
}

/** How often each of the numbers below `total` is drawn. */
function chooseRanks(total: number, count: number, withReplacement: boolean, draws: Draws): Map<number, number> {
  const times = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    // Without replacement, Floyd's method: the last number of a growing range stands in for one that is taken.
    const last = total - count + i
    const drawn = draws.below(withReplacement ? total : last + 1)
    const rank = !withReplacement && times.has(drawn) ? last : drawn
    times.set(rank, (times.get(rank) ?? 0) + 1)
  }
  return times
}

const drawnNode = <T>(
  kind: string,
  node: RddNode<T>,
  seed: number,
  timesFor: (draws: Draws, record: T) => number,
): RddNode<T> =>
  streamedNode(kind, node, (split, out) => {
    const draws = new Draws(seed, split)
    return sinkOf((record) => {
      emitTimes(out, record, timesFor(draws, record))
    })
  })

const timesOf = (draws: Draws, withReplacement: boolean, fraction: number): number =>
  withReplacement ? draws.poisson(fraction) : Number(draws.next() < fraction)

function fractionsByKey<K>(fractions: Fractions<K>, withReplacement: boolean): (key: K) => number {
  if (typeof fractions !== 'object' || fractions === null)
    throw badArgument(`The sampling fractions are ${kindOf(fractions)}.`, 'pass a fraction per key: { a: 0.1, b: 1 }')
  const entries: [unknown, number][] = fractions instanceof Map ? [...fractions] : Object.entries(fractions)
  for (const [, fraction] of entries) checkFraction(fraction, withReplacement)
  const known = new Map(entries.map(([key, fraction]) => [lookupKey(key), fraction]))
  return (key) => {
    const fraction = known.get(lookupKey(key))
    if (fraction === undefined)
      throw badArgument(
        `There is no sampling fraction for the key ${String(key)}.`,
        'give every key a fraction, 0 to leave it out',
      )
    return fraction
  }
}

/** Larger ones are `Infinity`, of which no number of records can be drawn. */
const FRACTION_MAX = Number.MAX_SAFE_INTEGER

function checkFraction(fraction: number, withReplacement: boolean): void {
  needsFlag(withReplacement, 'a sample', 'withReplacement')
  if (typeof fraction === 'number' && fraction >= 0 && fraction <= (withReplacement ? FRACTION_MAX : 1)) return
  throw badArgument(
    `The sampling fraction ${shownOr(fraction)} must be ${withReplacement ? '0 or more' : 'between 0 and 1'}.`,
    'pass a fraction such as 0.1',
  )
}
