import type { DStream } from '../dstream.ts'
import { partitionsNode } from '../../../lineage/narrow.ts'

/** One array per partition, also for an empty partition (Spark: `DStream.glom`). */
export function glom<T>(stream: DStream<T>): DStream<T[]> {
  const parent = stream.node
  return stream.derive<T[]>({
    kind: 'narrow',
    operator: 'glom',
    compute: (time, view) => {
      const rdd = view.rdd(parent, time)
      return rdd && partitionsNode<T, T[]>(rdd, (records) => [[...records]])
    },
  })
}
