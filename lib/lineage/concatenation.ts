import { narrow, parentsOf, type RddNode, runPartition, type TaskScope } from './node.ts'

/** A union whose partitions are those of its parents, one after the other. */
interface Concatenation<T> extends RddNode<T> {
  readonly kind: 'union'
  readonly concatenates: true
}

export function concatenationNode<T>(parents: readonly RddNode<T>[]): RddNode<T> {
  let parts: Parts | null = null
  const node: Concatenation<T> = {
    kind: 'union',
    concatenates: true,
    partitions: parents.reduce((sum, each) => sum + each.partitions, 0),
    partitioner: null,
    dependencies: parents.map(narrow),
    compute: (split, task, sink) => {
      if (parts?.task !== task || parts.stage !== task.partition.stageId) parts = partsOf(node, task)
      const at = partAt(parts, split)
      return runPartition(parts.nodes[at], split - parts.starts[at], task, sink)
    },
  }
  return node
}

export const isConcatenation = (node: RddNode<any>): node is Concatenation<any> => 'concatenates' in node

/** What a union is made of, found once for all partitions of a stage: the next one may find another part persisted. */
interface Parts {
  readonly task: TaskScope
  readonly stage: number
  readonly nodes: readonly RddNode<any>[]
  /** Number of the first partition of each. */
  readonly starts: readonly number[]
}

/** Unions of unions are gone through here: a program that adds to one in a loop makes thousands. */
function partsOf(top: RddNode<any>, task: TaskScope): Parts {
  const nodes: RddNode<any>[] = []
  const starts: number[] = []
  let partitions = 0
  const open = parentsOf(top).toReversed()
  while (open.length > 0) {
    const node = open.pop()!
    if (isConcatenation(node) && !node.cached && !node.lands) {
      for (const parent of parentsOf(node).toReversed()) open.push(parent)
    } else if (node.partitions > 0) {
      nodes.push(node)
      starts.push(partitions)
      partitions += node.partitions
    }
  }
  return { task, stage: task.partition.stageId, nodes, starts }
}

/** The last one that does not begin after `split`. */
function partAt({ starts }: Parts, split: number): number {
  let [at, after] = [0, starts.length]
  while (after - at > 1) {
    const middle = (at + after) >>> 1
    if (starts[middle] <= split) at = middle
    else after = middle
  }
  return at
}
