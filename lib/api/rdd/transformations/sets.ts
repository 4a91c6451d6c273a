import type { Partitioner } from '../../../shuffle/partitioner.ts'
import { cogroupedNode } from '../../../lineage/cogrouped.ts'
import { narrowNode } from '../../../lineage/narrow.ts'
import type { RddNode } from '../../../lineage/node.ts'
import { reduceByKey } from './by-key.ts'

type Sides = [unknown[], unknown[]]

/** One of each record. Records are compared like keys. */
export function distinct<T>(node: RddNode<T>, partitioner: Partitioner): RddNode<T> {
  return keysOf(reduceByKey(asKeys(node), (first) => first, partitioner))
}

export function intersection<T>(left: RddNode<T>, right: RddNode<T>, partitioner: Partitioner): RddNode<T> {
  const groups = cogroupedNode([asKeys(left), asKeys(right)], partitioner)
  return keysOf(
    narrowNode(groups, {
      kind: 'filter',
      f: ([, [lefts, rights]]: [T, Sides]) => lefts.length > 0 && rights.length > 0,
    }),
  )
}

/** Records of `left` that `right` does not have, as often as `left` has them. */
export const subtract = <T>(left: RddNode<T>, right: RddNode<T>, partitioner: Partitioner): RddNode<T> =>
  keysOf(subtractByKey(asKeys(left), asKeys(right), partitioner))

export function subtractByKey<K, V>(
  left: RddNode<readonly [K, V]>,
  right: RddNode<readonly [K, unknown]>,
  partitioner: Partitioner,
): RddNode<[K, V]> {
  const groups = cogroupedNode([left, right], partitioner)
  return narrowNode(groups, {
    kind: 'flatMapValues',
    f: ([lefts, rights]: Sides) => (rights.length === 0 ? lefts : []),
  })
}

const asKeys = <T>(node: RddNode<T>): RddNode<[T, null]> =>
  narrowNode(node, { kind: 'map', f: (record) => [record, null] })

const keysOf = <K>(pairs: RddNode<readonly [K, unknown]>): RddNode<K> =>
  narrowNode(pairs, { kind: 'map', f: (pair) => pair[0] })
