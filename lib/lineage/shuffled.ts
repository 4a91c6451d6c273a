import type { Where } from '../model/errors.ts'
import type { Partitioner } from '../shuffle/partitioner.ts'
import { aggregated, merged, pairsOf, valuesByKey } from '../shuffle/reader.ts'
import { type Aggregator, combiningWriter, pairWriter, routedWriter } from '../shuffle/writer.ts'
import type { Bucket, ShuffleInput } from '../shuffle/buckets.ts'
import type { Blame } from './blame.ts'
import { emitPairs } from './kept-records.ts'
import {
  chain,
  narrow,
  type RddNode,
  runPartition,
  type ShuffleDependency,
  type Sink,
  sinkOf,
  whereOf,
} from './node.ts'

/** Values of a key become one (`combineByKey`, Spark's `ShuffledRDD` with an aggregator). */
export function combinedNode<V, C>(
  parent: RddNode<any>,
  aggregator: Aggregator<V, C>,
  partitioner: Partitioner,
  mapSideCombine = true,
): RddNode<[unknown, C]> {
  const inPlace = parent.partitioner?.equals(partitioner) ?? false
  if (inPlace) return combinedInPlace(parent, aggregator)
  const reader = (): Where => whereOf(node)
  const dependency: ShuffleDependency = {
    kind: 'shuffle',
    parent,
    partitioner,
    shared: !aggregator.perPartition,
    newWriter: () =>
      mapSideCombine ? combiningWriter(aggregator, partitioner, reader) : pairWriter(partitioner, reader),
  }
  const node: RddNode<[unknown, C]> = {
    kind: 'combined',
    partitions: partitioner.numPartitions,
    partitioner,
    dependencies: [dependency],
    compute: (split, task, sink) =>
      chain(task.shuffle(dependency, split), (input) => {
        if (task.blame) return blamed(task.blame, input, sink)
        const { keys, values, hashes } = reduced(input)
        emitPairs(sink, { keys: keys!, values, hashes: hashes ?? null })
      }),
  }
  const reduced = (input: ShuffleInput): Bucket =>
    mapSideCombine ? merged(input, aggregator as Aggregator<never, C>, reader) : aggregated(input, aggregator, reader)
  const blamed = (blame: Blame, input: ShuffleInput, sink: Sink<[unknown, C]>): void => {
    // What is combined already cannot be taken apart.
    const values = mapSideCombine ? null : valuesByKey(input)
    const alone = values && {
      pair: (pair: readonly [unknown, C], i: number) =>
        pairsOf<C>(aggregated([{ keys: [pair[0]], values: [values.of(pair[0])[i]] }], aggregator, reader))[0],
    }
    blame.byKey([dependency], pairsOf<C>(reduced(input)), sink, alone ?? undefined)
  }
  return node
}

/** The parent is partitioned the right way already: no shuffle, one table per partition. */
function combinedInPlace<V, C>(parent: RddNode<any>, aggregator: Aggregator<V, C>): RddNode<[unknown, C]> {
  const node: RddNode<[unknown, C]> = {
    kind: 'combined',
    partitions: parent.partitions,
    partitioner: parent.partitioner,
    dependencies: [narrow(parent)],
    compute(split, task, sink) {
      const keys: unknown[] = []
      const values: V[] = []
      const gather = sinkOf<[unknown, V]>((pair) => {
        keys.push(pair[0])
        values.push(pair[1])
      })
      return chain(runPartition(parent, split, task, gather), () =>
        sink.chunk(pairsOf(aggregated([{ keys, values }], aggregator, () => whereOf(node)))),
      )
    },
  }
  return node
}

/** Pairs moved to their partitions, nothing else (`partitionBy`). */
export function partitionedNode<K, V>(parent: RddNode<any>, partitioner: Partitioner): RddNode<[K, V]> {
  if (parent.partitioner?.equals(partitioner)) return parent
  const dependency: ShuffleDependency = {
    kind: 'shuffle',
    parent,
    partitioner,
    shared: true,
    newWriter: () => pairWriter(partitioner, () => whereOf(node)),
  }
  const node: RddNode<[K, V]> = {
    kind: 'partitioned',
    partitions: partitioner.numPartitions,
    partitioner,
    dependencies: [dependency],
    compute: (split, task, sink) =>
      chain(task.shuffle(dependency, split), (input) => {
        for (const { keys, values } of input) {
          const pairs = keys!.map((key, i): [K, V] => [key as K, values[i] as V])
          if (task.blame) for (const pair of pairs) task.blame.eachValue(dependency, pair[0], () => sink.chunk([pair]))
          else sink.chunk(pairs)
        }
      }),
  }
  return node
}

/** Records dealt out by `newRoute`, which is made anew for each map partition (`repartition`). */
function routedNode<T>(
  parent: RddNode<T>,
  partitions: number,
  newRoute: (split: number) => (record: T) => number,
): RddNode<T> {
  const partitioner: Partitioner = { numPartitions: partitions, getPartition: () => 0, equals: () => false }
  const dependency: ShuffleDependency = {
    kind: 'shuffle',
    parent,
    partitioner,
    shared: false,
    keyless: true,
    newWriter: (split) => routedWriter(partitions, newRoute(split) as (record: unknown) => number),
  }
  return {
    kind: 'routed',
    partitions,
    partitioner: null,
    dependencies: [dependency],
    compute: (split, task, sink) =>
      chain(task.shuffle(dependency, split), (input) => {
        for (const { values } of input) {
          const records = values as T[]
          if (task.blame) for (const each of records) task.blame.eachValue(dependency, each, () => sink.chunk([each]))
          else sink.chunk(records)
        }
      }),
  }
}

/**
 * Round robin from a start that depends on the partition, so that small partitions do not all begin at reducer 0
 * (Spark: `repartition`).
 */
export const repartitionedNode = <T>(parent: RddNode<T>, partitions: number): RddNode<T> =>
  routedNode(parent, partitions, (split) => {
    let next = Math.imul(split + 1, 0x9e3779b1) >>> 0
    return () => (next = (next + 1) % 0x7fffffff) % partitions
  })
