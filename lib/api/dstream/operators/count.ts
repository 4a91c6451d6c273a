import type { DStream } from '../dstream.ts'
import { chain, type RddNode, runPartition, narrow } from '../../../lineage/node.ts'
import { combinedNode } from '../../../lineage/shuffled.ts'
import { collectionNode } from '../../../lineage/leaves.ts'
import { unionNode } from '../../../lineage/combine.ts'
import { HashPartitioner } from '../../../shuffle/partitioner.ts'
import { narrowNode } from '../../../lineage/narrow.ts'
import { requiredRdd } from '../../../graph/batch-error.ts'

const sum = (a: number, b: number): number => a + b
const adding = { create: (count: number) => count, merge: sum, mergeCombiners: sum, reduce: true }
const onePartition = new HashPartitioner(1)
const secondOf = (pair: readonly [null, number]): number => pair[1]

/** Exactly one number per batch, 0 for an empty one (Spark: `DStream.count`, which adds a zero before it sums). */
export function count(stream: DStream<unknown>): DStream<number> {
  const parent = stream.node
  return stream.derive<number>({
    kind: 'wide',
    operator: 'count',
    compute: (time, view) => {
      const rdd = requiredRdd(parent, time, view, "Couldn't generate RDD from parent")
      const counted = unionNode<[null, number]>([countedNode(rdd), collectionNode<[null, number]>([[null, 0]], 1)])
      return narrowNode<number>(combinedNode(counted, adding, onePartition), { kind: 'map', f: secondOf })
    },
  })
}

/** One `[null, n]` per partition: records are counted where they are. */
function countedNode(parent: RddNode<unknown>): RddNode<[null, number]> {
  return {
    kind: 'counted',
    partitions: parent.partitions,
    partitioner: null,
    dependencies: [narrow(parent)],
    compute(split, task, sink) {
      let records = 0
      const counting = {
        emit: () => {
          records++
        },
        chunk: (chunk: readonly unknown[]) => {
          records += chunk.length
        },
      }
      return chain(runPartition(parent, split, task, counting), () => sink.emit([null, records]))
    },
  }
}
