import type { Aggregator } from '../../../shuffle/writer.ts'
import type { DStream, Parts, ShuffleOptions } from '../dstream.ts'
import { combinedNode } from '../../../lineage/shuffled.ts'
import { needsFlag, needsFunction } from '../../../lineage/bad-argument.ts'

/** The base of every reduction by key (Spark: `PairDStreamFunctions.combineByKey`). */
export function combineByKey<K, V, C>(
  stream: DStream<readonly [K, V]>,
  kind: string,
  aggregator: Aggregator<V, C>,
  parts: Parts | ShuffleOptions | undefined,
  mapSideCombine = true,
): DStream<[K, C]> {
  for (const f of [aggregator.create, aggregator.merge, aggregator.mergeCombiners]) needsFunction(f, kind)
  needsFlag(mapSideCombine, kind, 'mapSideCombine')
  const parent = stream.node
  const partitioner = stream.context.partitioner(parts)
  return stream.derive<[K, C]>({
    kind: 'wide',
    operator: kind,
    ...stream.context.named(parts),
    compute: (time, view) => {
      const rdd = view.rdd(parent, time)
      return rdd && combinedNode(rdd, aggregator, partitioner, mapSideCombine)
    },
  })
}
