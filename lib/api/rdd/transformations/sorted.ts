import { needsFlag } from '../../../lineage/bad-argument.ts'
import { checkedPartitions, type Partitioner } from '../../../shuffle/partitioner.ts'
import type { Runnable } from '../../../lineage/jobs.ts'
import { narrowNode } from '../../../lineage/narrow.ts'
import type { RddNode } from '../../../lineage/node.ts'
import { type Compare, reversed } from '../../../lineage/ordering.ts'
import { partitionedNode } from '../../../lineage/shuffled.ts'
import { rangePartitioner, sortedNode } from '../../../lineage/sorting.ts'
import { callerPlace } from '../../../model/place.ts'

interface SortOrder<K> {
  readonly compare: Compare<K>
  readonly ascending: boolean
}

export function sortByKey<K, V>(
  { node, runner }: Runnable<readonly [K, V]>,
  partitions: number,
  { compare, ascending }: SortOrder<K>,
): RddNode<[K, V]> {
  needsFlag(ascending, 'a sort', 'ascending')
  checkedPartitions(partitions, { place: callerPlace() })
  const order = ascending ? compare : reversed(compare)
  const keys = narrowNode<K>(node, { kind: 'map', f: (pair) => pair[0] })
  const ranges = rangePartitioner({ node: keys, runner }, partitions, order)
  return sortWithinPartitions(partitionedNode<K, V>(node, ranges), order)
}

export function sortBy<T, K>(
  { node, runner }: Runnable<T>,
  f: (record: T) => K,
  partitions: number,
  order: SortOrder<K>,
): RddNode<T> {
  const keyed = narrowNode<[K, T]>(node, { kind: 'map', f: (record) => [f(record), record] })
  // The job that samples runs before anything is made of this, and `f` may throw in it.
  keyed.label = 'sortBy'
  keyed.place = callerPlace()
  return narrowNode(sortByKey({ node: keyed, runner }, partitions, order), { kind: 'map', f: (pair) => pair[1] })
}

export const repartitionAndSort = <K, V>(
  node: RddNode<readonly [K, V]>,
  partitioner: Partitioner,
  compare: Compare<K>,
): RddNode<[K, V]> => sortWithinPartitions(partitionedNode<K, V>(node, partitioner), compare)

const sortWithinPartitions = <K, V>(node: RddNode<[K, V]>, compare: Compare<K>): RddNode<[K, V]> =>
  sortedNode(node, (a, b) => compare(a[0], b[0]))
