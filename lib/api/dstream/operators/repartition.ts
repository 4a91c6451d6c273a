import { checkedPartitions } from '../../../shuffle/partitioner.ts'
import type { DStream } from '../dstream.ts'
import { callerPlace } from '../../../model/place.ts'
import { repartitionedNode } from '../../../lineage/shuffled.ts'

/** Deals the records out to `partitions` partitions (Spark: `DStream.repartition`). */
export function repartition<T>(stream: DStream<T>, partitions: number): DStream<T> {
  const parent = stream.node
  const count = checkedPartitions(partitions, { place: callerPlace() })
  return stream.derive<T>({
    kind: 'wide',
    operator: 'repartition',
    compute: (time, view) => {
      const rdd = view.rdd(parent, time)
      return rdd && repartitionedNode(rdd, count)
    },
  })
}
