import { checkedPartitions, HashPartitioner, type Partitioner } from '../../../shuffle/partitioner.ts'
import { coalescedNode } from '../../../lineage/combine.ts'
import type { RddNode } from '../../../lineage/node.ts'
import { repartitionedNode } from '../../../lineage/shuffled.ts'

/**
 * Where keys go when the caller does not say (Spark's `Partitioner.defaultPartitioner`): as in the input with the most
 * partitions that has a partitioner, unless that has less than a tenth of the largest input's partitions and less than
 * the default; else by hash.
 */
export function defaultPartitioner(inputs: readonly RddNode<any>[], defaultParallelism: number | null): Partitioner {
  const largest = Math.max(1, ...inputs.map((node) => node.partitions))
  const fallback = defaultParallelism ?? largest
  let known: Partitioner | null = null
  for (const { partitioner, partitions } of inputs) {
    if (partitioner && partitions > 0 && (!known || partitioner.numPartitions > known.numPartitions))
      known = partitioner
  }
  if (known && (largest < 10 * known.numPartitions || fallback <= known.numPartitions)) return known
  return new HashPartitioner(fallback)
}

/** Hashed into as many partitions as there are now. */
export const sameCount = (node: RddNode<any>): Partitioner => new HashPartitioner(Math.max(1, node.partitions))

export function coalesce<T>(node: RddNode<T>, partitions: number, shuffle: boolean): RddNode<T> {
  checkedPartitions(partitions)
  return shuffle ? repartitionedNode(node, partitions) : coalescedNode(node, partitions)
}
