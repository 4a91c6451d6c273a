import { countsPerSplit } from '../actions/counts.ts'
import type { Runnable } from '../../../lineage/jobs.ts'
import { type RddNode, sinkOf } from '../../../lineage/node.ts'
import { streamedNode } from '../../../lineage/streamed.ts'

/**
 * Numbers records in the order of partitions. Counts all partitions but the last with a job, unless there is only one.
 */
export function zipWithIndex<T>({ node, runner }: Runnable<T>): RddNode<[T, number]> {
  const starts = [0]
  for (const count of countsPerSplit({ node, runner }, node.partitions - 1)) starts.push(starts.at(-1)! + count)
  return numberedNode('zipWithIndex', node, (split) => starts[split], 1)
}

/** Record k of partition i of n gets `k * n + i`: no job, but gaps. */
export const zipWithUniqueId = <T>(node: RddNode<T>): RddNode<[T, number]> =>
  numberedNode('zipWithUniqueId', node, (split) => split, node.partitions)

const numberedNode = <T>(
  kind: string,
  node: RddNode<T>,
  start: (split: number) => number,
  step: number,
): RddNode<[T, number]> =>
  streamedNode(kind, node, (split, out) => {
    let next = start(split)
    return sinkOf((record) => {
      out.emit([record, next])
      next += step
    })
  })
