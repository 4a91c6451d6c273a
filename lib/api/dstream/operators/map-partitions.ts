import type { DStream } from '../dstream.ts'
import { partitionsNode } from '../../../lineage/narrow.ts'
import { needsFlag, needsFunction } from '../../../lineage/bad-argument.ts'

/** `f` over each whole partition (Spark: `DStream.mapPartitions`). */
export function mapPartitions<T, U>(
  stream: DStream<T>,
  f: (records: IterableIterator<T>) => Iterable<U>,
  preservePartitioning: boolean,
): DStream<U> {
  needsFunction(f, 'mapPartitions')
  needsFlag(preservePartitioning, 'mapPartitions', 'preservePartitioning')
  const parent = stream.node
  return stream.derive<U>({
    kind: 'narrow',
    operator: 'mapPartitions',
    compute: (time, view) => {
      const rdd = view.rdd(parent, time)
      return rdd && partitionsNode<T, U>(rdd, f, preservePartitioning)
    },
  })
}
