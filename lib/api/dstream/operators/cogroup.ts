import type { DStream, Parts, ShuffleOptions } from '../dstream.ts'
import { cogroupedNode } from '../../../lineage/cogrouped.ts'
import { requiredRdd } from '../../../graph/batch-error.ts'
import type { StreamNode } from '../../../graph/stream-node.ts'
import { assertAlike } from './alike.ts'

/** For each key of either stream, its values on both sides (Spark: `PairDStreamFunctions.cogroup`). */
export function cogroup<K, V, W>(
  left: DStream<readonly [K, V]>,
  right: DStream<readonly [K, W]>,
  parts?: Parts | ShuffleOptions,
): DStream<[K, [V[], W[]]]> {
  assertAlike([left, right])
  const parents: StreamNode<any>[] = [left.node, right.node]
  const partitioner = left.context.partitioner(parts)
  return left.derive<[K, [V[], W[]]]>({
    kind: 'wide',
    operator: 'cogroup',
    parents,
    ...left.context.named(parts),
    compute: (time, view) =>
      cogroupedNode(
        parents.map((parent) => requiredRdd(parent, time, view, "Couldn't generate RDD from parent")),
        partitioner,
      ),
  })
}
