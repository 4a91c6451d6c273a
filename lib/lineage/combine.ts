import { SluiceError } from '../model/errors.ts'
import { checkIterable } from '../model/settled.ts'
import { copyIfStorable } from '../state/own-copy.ts'
import { concatenationNode } from './concatenation.ts'
import { collectSplit, chain, narrow, type RddNode, runPartition, type TaskScope, whereOf } from './node.ts'

/**
 * Concatenation, duplicates kept. Parts with one common partitioner stay partitioned by it (Spark's
 * `PartitionerAwareUnionRDD`).
 */
export function unionNode<T>(parents: readonly RddNode<T>[]): RddNode<T> {
  const first = parents.find((parent) => parent.partitions > 0)
  const alike =
    first?.partitioner &&
    parents.every((parent) => parent.partitions === 0 || parent.partitioner?.equals(first.partitioner!))
  if (alike)
    return alignedUnion(
      parents.filter((parent) => parent.partitions > 0),
      first,
    )
  return concatenationNode(parents)
}

function alignedUnion<T>(parents: readonly RddNode<T>[], first: RddNode<T>): RddNode<T> {
  return {
    kind: 'union',
    partitions: first.partitions,
    partitioner: first.partitioner,
    dependencies: parents.map(narrow),
    compute: (split, task, sink) => inOrder(parents, (parent) => runPartition(parent, split, task, sink)),
  }
}

/** Fewer partitions without moving records: neighbours are read one after the other (Spark's `CoalescedRDD`). */
export function coalescedNode<T>(parent: RddNode<T>, partitions: number): RddNode<T> {
  const count = Math.min(partitions, parent.partitions)
  const bound = (i: number): number => Math.floor((i * parent.partitions) / count)
  return {
    kind: 'coalesced',
    partitions: count,
    partitioner: null,
    dependencies: [narrow(parent)],
    compute: (split, task, sink) =>
      inOrder(range(bound(split), bound(split + 1)), (part) => runPartition(parent, part, task, sink)),
  }
}

/** All with all. No two pairs have one object in common: whoever gets one may change it. */
export const everyPair = <A, B>(as: readonly A[], bs: readonly B[]): [A, B][] =>
  as.flatMap((a, i) => bs.map((b, j): [A, B] => [j > 0 ? copyIfStorable(a) : a, i > 0 ? copyIfStorable(b) : b]))

export function cartesianNode<A, B>(left: RddNode<A>, right: RddNode<B>): RddNode<[A, B]> {
  return {
    kind: 'cartesian',
    partitions: left.partitions * right.partitions,
    partitioner: null,
    dependencies: [narrow(left), narrow(right)],
    compute: (split, task, sink) =>
      both(left, Math.floor(split / right.partitions), right, split % right.partitions, task, (as, bs) => {
        // Whoever gets a pair may change it, so only the last one of each record has the record itself.
        as.forEach((a, i) =>
          bs.forEach((b, j) =>
            sink.emit([j < bs.length - 1 ? copyIfStorable(a) : a, i < as.length - 1 ? copyIfStorable(b) : b]),
          ),
        )
      }),
  }
}

/** Needs the same number of partitions and the same number of records in each (Spark's `ZippedPartitionsRDD2`). */
export function zippedNode<A, B, C>(
  left: RddNode<A>,
  right: RddNode<B>,
  f: (as: A[], bs: B[]) => Iterable<C>,
): RddNode<C> {
  if (left.partitions !== right.partitions) {
    throw new SluiceError(
      'E_ZIP',
      `Can't zip RDDs with unequal numbers of partitions: ${left.partitions} and ${right.partitions}.`,
      {
        did: 'the RDD was not created',
        spark: 'IllegalArgumentException',
        next: ["repartition one side to the other side's number of partitions"],
      },
    )
  }
  const node: RddNode<C> = {
    kind: 'zipped',
    partitions: left.partitions,
    partitioner: null,
    dependencies: [narrow(left), narrow(right)],
    compute: (split, task, sink) =>
      both(left, split, right, split, task, (as, bs) => {
        const records = f(as, bs)
        checkIterable(records, 'zipPartitions', whereOf(node))
        for (const record of records) sink.emit(record)
      }),
  }
  return node
}

const both = <A, B>(
  left: RddNode<A>,
  leftSplit: number,
  right: RddNode<B>,
  rightSplit: number,
  task: TaskScope,
  use: (as: A[], bs: B[]) => void,
) =>
  chain(collectSplit(left, leftSplit, task), (as) => chain(collectSplit(right, rightSplit, task), (bs) => use(as, bs)))

function inOrder<P>(parts: readonly P[], each: (part: P) => void | Promise<void>, from = 0): void | Promise<void> {
  for (let i = from; i < parts.length; i++) {
    const done = each(parts[i])
    if (done instanceof Promise) return done.then(() => inOrder(parts, each, i + 1))
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
