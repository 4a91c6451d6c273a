import type { DStream, Parts, ShuffleOptions } from '../dstream.ts'
import { partitionedNode } from '../../../lineage/shuffled.ts'

/** Moves each pair to the partition of its key (PySpark: `DStream.partitionBy`). */
export function partitionBy<K, V>(stream: DStream<readonly [K, V]>, parts: Parts | ShuffleOptions): DStream<[K, V]> {
  const parent = stream.node
  const partitioner = stream.context.partitioner(parts)
  return stream.derive<[K, V]>({
    kind: 'wide',
    operator: 'partitionBy',
    ...stream.context.named(parts),
    compute: (time, view) => {
      const rdd = view.rdd(parent, time)
      return rdd && partitionedNode<K, V>(rdd, partitioner)
    },
  })
}
