import type { RddNode } from '../lineage/node.ts'
import type { Terminal } from './stages.ts'

/**
 * About how many bytes each partition of a stage reads of sources; `null` where one of them does not say, and where
 * partitions read anything else.
 */
export function weightsOf(node: RddNode<any>): readonly number[] | null {
  if (node.cut) return null
  if (node.weight) return known(Array.from({ length: node.partitions }, (_, split) => node.weight!(split)))
  const parents: RddNode<any>[] = []
  for (const { kind, parent } of node.dependencies) {
    if (kind === 'shuffle') return null
    parents.push(parent)
  }
  if (parents.length === 1) return keepsPartitions(node, parents[0]) ? weightsOf(parents[0]) : null
  if (node.kind !== 'union' || parents.reduce((sum, each) => sum + each.partitions, 0) !== node.partitions) return null
  return known(parents.flatMap((parent): readonly (number | null)[] => weightsOf(parent) ?? [null]))
}

const known = (weights: readonly (number | null)[]): readonly number[] | null =>
  weights.every((each) => each !== null) ? weights : null

/**
 * Whether each partition of a stage reads, of every shuffle, the section of its own number: down the narrow
 * dependencies no step changes which partition is which.
 */
export function readsItsOwn(top: RddNode<any>, terminal: Terminal): boolean {
  const seen = new Set<RddNode<any>>()
  const visit = (node: RddNode<any>): boolean => {
    if (seen.has(node)) return true
    seen.add(node)
    const ownCut = terminal.kind === 'shuffle' && terminal.dependency === node.cut
    if (node.cut && !ownCut) return true
    return node.dependencies.every(({ kind, parent }) => {
      if (kind === 'shuffle') return true
      return keepsPartitions(node, parent) && visit(parent)
    })
  }
  return visit(top)
}

/** As many partitions, each of which reads the one of its number. */
const keepsPartitions = (node: RddNode<any>, parent: RddNode<any>): boolean =>
  node.partitions === parent.partitions && node.kind !== 'cartesian'
