import type { Partitioner } from '../../../shuffle/partitioner.ts'
import type { Aggregator } from '../../../shuffle/writer.ts'
import { addDistinct, estimateDistinct, mergeDistinct, registersFor } from '../../../lineage/hyper-log-log.ts'
import { narrowNode } from '../../../lineage/narrow.ts'
import type { RddNode } from '../../../lineage/node.ts'
import { combinedNode } from '../../../lineage/shuffled.ts'
import { zeroMaker } from '../../../lineage/zero.ts'

type Pairs<K, V> = RddNode<readonly [K, V]>

export function combineByKey<K, V, C>(
  pairs: Pairs<K, V>,
  aggregator: Aggregator<V, C>,
  partitioner: Partitioner,
  mapSideCombine = true,
): RddNode<[K, C]> {
  return combinedNode(pairs, aggregator, partitioner, mapSideCombine)
}

export const reduceByKey = <K, V>(
  pairs: Pairs<K, V>,
  f: (a: V, b: V) => V,
  partitioner: Partitioner,
): RddNode<[K, V]> =>
  combineByKey<K, V, V>(pairs, { create: (value) => value, merge: f, mergeCombiners: f, reduce: true }, partitioner)

/** Nothing is combined before the shuffle: it would save nothing. */
export function groupByKey<K, V>(pairs: Pairs<K, V>, partitioner: Partitioner): RddNode<[K, V[]]> {
  const merge = (values: V[], value: V): V[] => {
    values.push(value)
    return values
  }
  return combineByKey<K, V, V[]>(
    pairs,
    { create: (value) => [value], merge, mergeCombiners: (a, b) => a.concat(b) },
    partitioner,
    false,
  )
}

export function aggregateByKey<K, V, U>(
  pairs: Pairs<K, V>,
  zero: U,
  seqOp: (combined: U, value: V) => U,
  combOp: (a: U, b: U) => U,
  partitioner: Partitioner,
): RddNode<[K, U]> {
  const newZero = zeroMaker(zero)
  return combineByKey<K, V, U>(
    pairs,
    { create: (value) => seqOp(newZero(), value), merge: seqOp, mergeCombiners: combOp, perPartition: true },
    partitioner,
  )
}

export function countApproxDistinctByKey<K, V>(
  pairs: Pairs<K, V>,
  relativeSd: number,
  partitioner: Partitioner,
): RddNode<[K, number]> {
  registersFor(relativeSd)
  const sketches = combineByKey<K, V, Uint8Array>(
    pairs,
    {
      create: (value) => addDistinct(registersFor(relativeSd), value),
      merge: addDistinct,
      mergeCombiners: mergeDistinct,
    },
    partitioner,
  )
  return narrowNode(sketches, { kind: 'mapValues', f: estimateDistinct })
}
