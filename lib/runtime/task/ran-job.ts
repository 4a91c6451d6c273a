import type { OperatorUid } from '../../model/ids.ts'
import type { RddNode, ShuffleDependency } from '../../lineage/node.ts'
import type { LocalShuffle } from './local-shuffles.ts'

/** Shuffles whose map side has been run. */
export type LocalShuffles = Map<ShuffleDependency, LocalShuffle>

/** A job of an action inside `transform`, with the shuffles that it read. */
export interface RanJob {
  readonly operator: OperatorUid
  /** Which of the operator's actions it was of, from 0. */
  readonly number: number
  readonly node: RddNode<any>
  readonly shuffles: LocalShuffles
}

/**
 * The function is called again once its action is answered, and makes all nodes anew. What `node` is an action on is
 * what the job was of, so that the nearest shuffles below are those that it has made: the next job begins there, as in
 * Spark, where a stage is skipped whose files are there. Nothing is adopted where the two were not made in one way, as
 * by a function that does something else each time.
 */
export function adoptShuffles(node: RddNode<any>, { node: ran, shuffles }: RanJob, known: LocalShuffles): void {
  const found: LocalShuffles = new Map()
  const seen = new Set<RddNode<any>>()
  const open: Pair[] = [{ again: node, before: ran, isAbove: true }]
  for (let pair = open.pop(); pair; pair = open.pop()) {
    const { again, before, isAbove } = pair
    if (seen.has(again)) continue
    seen.add(again)
    if (formOf(again) !== formOf(before)) return
    for (const [i, dependency] of again.dependencies.entries()) {
      const other = before.dependencies[i]!
      const shuffle = isAbove && other.kind === 'shuffle' ? shuffles.get(other) : undefined
      if (dependency.kind === 'shuffle' && shuffle) found.set(dependency, shuffle)
      open.push({ again: dependency.parent, before: other.parent, isAbove: isAbove && !shuffle })
    }
  }
  for (const [dependency, shuffle] of found) known.set(dependency, shuffle)
}

/** A node and the one that stood in its place before. */
interface Pair {
  readonly again: RddNode<any>
  readonly before: RddNode<any>
  /** No shuffle above it is known. */
  readonly isAbove: boolean
}

const formOf = ({ kind, label, place, partitions, dependencies }: RddNode<any>): string =>
  `${kind} ${label} ${place} ${partitions} ${dependencies.map((each) => formOfDependency(each)).join(' ')}`

const formOfDependency = (dependency: RddNode<any>['dependencies'][number]): string =>
  dependency.kind === 'shuffle' ? `shuffle ${dependency.partitioner.numPartitions}` : 'narrow'
