import { SluiceError } from '../../../model/errors.ts'
import { zippedNode } from '../../../lineage/combine.ts'
import { partitionsNode } from '../../../lineage/narrow.ts'
import type { RddNode } from '../../../lineage/node.ts'

export const zip = <A, B>(left: RddNode<A>, right: RddNode<B>): RddNode<[A, B]> =>
  zippedNode(left, right, (as, bs): [A, B][] => {
    if (as.length === bs.length) return as.map((a, i) => [a, bs[i]])
    throw new SluiceError(
      'E_ZIP',
      `Can only zip RDDs with same number of elements in each partition: one has ${as.length}, the other ${bs.length}.`,
      {
        did: 'the job was stopped',
        spark: 'SparkException',
        next: ['zip RDDs that were made from one RDD by map', 'give both sides an index with zipWithIndex, and join'],
      },
    )
  })

/** `f` sees the iterators of one partition of every side. */
export function zipPartitions(
  sides: readonly RddNode<any>[],
  f: (...iterators: IterableIterator<any>[]) => Iterable<unknown>,
): RddNode<any> {
  const [first, ...others] = sides
  const gathered = others.reduce<RddNode<any[][]> | null>(
    (columns, side) =>
      columns
        ? zippedNode(columns, side, ([known], more) => [[...known, more]])
        : zippedNode(first, side, (as, bs) => [[as, bs]]),
    null,
  )
  return partitionsNode(gathered!, (rows) => {
    const [columns] = rows
    return f(...columns.map((column) => column.values()))
  })
}
