import { settledAction } from './each.ts'
import { sameKey } from '../../../keys/same-key.ts'
import type { NewPartial, Runnable } from '../../../lineage/jobs.ts'
import { ArraySink, sinkOf } from '../../../lineage/node.ts'
import { mapOfPairs } from './counts.ts'
import { everySplit, splitsOf } from './partials.ts'

export const collect = <T>(rdd: Runnable<T>): T[] => everySplit(rdd, gathering<T>()).flat(1)

/** One job per partition, when it is asked for: only one partition is held at a time. */
export function* toLocalIterator<T>({ node, runner }: Runnable<T>): Generator<T, void, undefined> {
  for (const split of splitsOf(node.partitions)) yield* runner.runJob(node, [split], gathering<T>())[0]
}

export const collectAsMap = <K, V>(rdd: Runnable<readonly [K, V]>): Map<K, V> =>
  mapOfPairs([collect(rdd)], (_earlier, later) => later)

/** Only the partition that owns the key is computed, where a partitioner says which. */
export function lookup<K, V>({ node, runner }: Runnable<readonly [K, V]>, key: K): V[] {
  const splits = node.partitioner ? [node.partitioner.getPartition(key)] : splitsOf(node.partitions)
  return runner.runJob(node, splits, valuesOf<K, V>(key)).flat(1)
}

const valuesOf =
  <K, V>(key: K): NewPartial<V[]> =>
  () => {
    const values: V[] = []
    return {
      sink: sinkOf<readonly [K, V]>((pair) => {
        if (sameKey(pair[0], key)) values.push(pair[1])
      }),
      finish: () => values,
    }
  }

export const gathering =
  <T>(): NewPartial<T[]> =>
  () => {
    const sink = new ArraySink<T>()
    return { sink, finish: () => sink.records }
  }

/** `f` on the iterator of each partition that is asked for. */
export const runOnIterators = <T, U>(
  { node, runner }: Runnable<T>,
  f: (records: IterableIterator<T>) => U,
  splits: readonly number[],
): U[] => {
  const settled = runner.kind === 'planning' ? settledAction() : null
  return runner.runJob(node, splits, () => {
    const sink = new ArraySink<T>()
    const finish = (): U => {
      const result = f(sink.records.values())
      settled?.(result)
      return result
    }
    return { sink, finish }
  })
}
