import type { OperatorUid, ShuffleId } from '../model/ids.ts'
import { routedWriter } from '../shuffle/writer.ts'
import type { StreamGraph } from '../graph/graph.ts'
import type { StreamNode } from '../graph/stream-node.ts'
import type { OutputOperation } from '../graph/output-operation.ts'
import type { RddNode, ShuffleDependency } from '../lineage/node.ts'
import { type PlannedView, retainedStreams } from './batch-view.ts'

/** What becomes of the records of a stage. */
export type Terminal =
  | { readonly kind: 'shuffle'; readonly shuffle: ShuffleId; readonly dependency: ShuffleDependency }
  | { readonly kind: 'output'; readonly output: OperatorUid; readonly operation: OutputOperation }
  | { readonly kind: 'retain'; readonly stream: OperatorUid }
  | { readonly kind: 'effect' }

export interface Stage {
  readonly id: number
  readonly node: RddNode<any>
  readonly terminal: Terminal
  /** Stages whose shuffles this one reads. */
  readonly parents: readonly number[]
  /** Of these, those whose shuffles it reads in more than one way: as `x.union(x)` does. */
  readonly twice: readonly number[]
}

export interface StagePlan {
  /** In an order in which every stage comes after those it reads. */
  readonly stages: readonly Stage[]
  readonly shuffleIds: ReadonlyMap<ShuffleDependency, number>
}

interface Root {
  readonly node: RddNode<any>
  readonly terminal: Terminal
}

/**
 * Cuts the lineage of a batch at its shuffles. With `staged`, pinned nodes that several stages read become stages of
 * their own, because those stages may run in different processes; a batch that is one task needs no such cut. Numbering
 * depends on lineage and `staged` alone.
 */
export function planStages(graph: StreamGraph, view: PlannedView, staged: boolean): StagePlan {
  const all = rootsOf(graph, view)
  const roots = staged ? all.filter((root) => !isCovered(root, all)) : all
  if (staged) cutShared(roots)
  markShared(roots)
  const stages: Stage[] = []
  const shuffleIds = new Map<ShuffleDependency, number>()
  const stageOfShuffle = new Map<ShuffleDependency, number>()

  const stageFor = (dependency: ShuffleDependency): number => {
    const known = stageOfShuffle.get(dependency)
    if (known !== undefined) return known
    const shuffle = shuffleIds.size
    shuffleIds.set(dependency, shuffle)
    const id = addStage({ node: dependency.parent, terminal: { kind: 'shuffle', shuffle, dependency } })
    stageOfShuffle.set(dependency, id)
    return id
  }
  const addStage = ({ node, terminal }: Root): number => {
    const reads = shufflesRead(node, terminal).map(stageFor)
    const parents = [...new Set(reads)]
    const twice = parents.filter((parent) => reads.indexOf(parent) !== reads.lastIndexOf(parent))
    stages.push({ id: stages.length, node, terminal, parents, twice })
    return stages.length - 1
  }
  for (const root of roots) addStage(root)
  return { stages, shuffleIds }
}

/** The RDD in which the state of an operator moves. */
function movingState(stream: StreamNode, view: PlannedView): RddNode<any> | null {
  if (stream.kind === 'reduced-window') return view.absorbed(stream, view.time)
  return stream.kind === 'state' ? view.rdd(stream, view.time) : null
}

/**
 * Outputs in order of definition, then state that must move although nobody may read it, then what windows will want.
 */
function rootsOf(graph: StreamGraph, view: PlannedView): Root[] {
  const roots: Root[] = []
  const { time } = view
  for (const output of graph.outputs) {
    const node = view.rdd(output, time)
    if (node) roots.push({ node, terminal: { kind: 'output', output: output.uid, operation: output.output } })
  }
  for (const stream of graph.reachable()) {
    const node = movingState(stream, view)
    if (node?.effect) roots.push({ node, terminal: { kind: 'effect' } })
  }
  for (const [stream, key] of retainedStreams(graph)) {
    const node = view.rdd(stream, time)
    if (node) roots.push({ node, terminal: { kind: 'retain', stream: key } })
  }
  return roots
}

/**
 * State that another stage moves anyway, partition for partition, needs no stage of its own: a second reader would have
 * it cut off and shipped.
 */
function isCovered({ node, terminal }: Root, roots: readonly Root[]): boolean {
  return (
    terminal.kind === 'effect' &&
    roots.some((root) => root.terminal.kind !== 'effect' && runsEachPartition(root.node, node, new Set()))
  )
}

/** Whether every partition of `target` is computed by the partition of the same number of a stage at or below `top`. */
function runsEachPartition(top: RddNode<any>, target: RddNode<any>, seen: Set<RddNode<any>>, aligned = true): boolean {
  if (aligned && top === target) return true
  if (seen.has(top)) return false
  seen.add(top)
  return top.dependencies.some(({ kind, parent }) => {
    const same = kind === 'shuffle' || (aligned && keepsPartitions(top, parent))
    return runsEachPartition(parent, target, seen, same)
  })
}

/** As many partitions, each of which reads the one of its number. */
const keepsPartitions = (node: RddNode<any>, parent: RddNode<any>): boolean =>
  node.partitions === parent.partitions && node.kind !== 'cartesian'

/**
 * The shuffles that a stage reads: down the narrow dependencies to the nearest cut. One that is read in several ways is
 * there twice.
 */
function shufflesRead(top: RddNode<any>, terminal: Terminal): ShuffleDependency[] {
  const found: ShuffleDependency[] = []
  visitTwice(top, (node, visit) => {
    const ownCut = terminal.kind === 'shuffle' && terminal.dependency === node.cut
    if (node.cut && !ownCut) found.push(node.cut)
    else
      for (const dependency of node.dependencies)
        if (dependency.kind === 'shuffle') found.push(dependency)
        else readsOf(node, () => visit(dependency.parent))
  })
  return found
}

type Visit = (node: RddNode<any>) => void

/** Calls `each` for what it visits, of what can be reached in several ways no more than twice. */
function visitTwice(top: RddNode<any>, each: (node: RddNode<any>, visit: Visit) => void): void {
  const ways = new Map<RddNode<any>, number>()
  const visit = (node: RddNode<any>): void => {
    const times = ways.get(node) ?? 0
    if (times === computedMax(node)) return
    ways.set(node, times + 1)
    each(node, visit)
  }
  visit(top)
}

/** What a task keeps it computes once; of anything else more than two ways are no other case than two. */
const computedMax = ({ pinned, cached }: RddNode<any>): number => (pinned || cached ? 1 : 2)

/** A pairing of all with all reads each side again for every partition of the other. */
function readsOf({ kind }: RddNode<any>, read: () => void): void {
  read()
  if (kind === 'cartesian') read()
}

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
 * Finds pinned nodes that more than one stage reaches, and gives each a shuffle that moves nothing. The same for
 * sources that must be read once, also where one stage reaches them in two ways: `x.union(x)` reads each partition in
 * two tasks.
 */
function cutShared(roots: readonly Root[]): void {
  const readers = new Map<RddNode<any>, number>()
  const shuffles = new Set<ShuffleDependency>()
  const visitStage = (top: RddNode<any>): void => {
    const ways = new Map<RddNode<any>, number>()
    const visit = (node: RddNode<any>): void => {
      const times = ways.get(node) ?? 0
      if (times === 2) return
      ways.set(node, times + 1)
      if (node.once || (node.pinned && times === 0)) readers.set(node, (readers.get(node) ?? 0) + 1)
      for (const dependency of node.dependencies) {
        if (dependency.kind === 'narrow') {
          visit(dependency.parent)
          if (node.kind === 'cartesian') visit(dependency.parent)
        } else if (!shuffles.has(dependency)) {
          shuffles.add(dependency)
          visitStage(dependency.parent)
        }
      }
    }
    visit(top)
  }
  for (const root of roots) visitStage(root.node)
  for (const [node, count] of readers) if (count > 1) node.cut = passThrough(node)
}

/** Marks pinned nodes whose records several read. State that moves without a reader is none. */
function markShared(roots: readonly Root[]): void {
  const reads = new Map<RddNode<any>, number>()
  const shuffles = new Set<ShuffleDependency>()
  const visit = (node: RddNode<any>): void => {
    const known = reads.get(node) ?? 0
    reads.set(node, known + 1)
    if (known >= computedMax(node)) return
    for (const dependency of node.dependencies)
      if (dependency.kind === 'narrow') readsOf(node, () => visit(dependency.parent))
      else if (!shuffles.has(dependency)) {
        shuffles.add(dependency)
        visit(dependency.parent)
      }
  }
  for (const { node, terminal } of roots)
    if (terminal.kind !== 'effect') visit(node)
    else for (const { parent } of node.dependencies) visit(parent)
  for (const [node, count] of reads) if (node.pinned && count > 1) node.shared = true
}

const passThrough = (parent: RddNode<any>): ShuffleDependency => ({
  kind: 'shuffle',
  parent,
  partitioner: { numPartitions: parent.partitions, getPartition: () => 0, equals: () => false },
  shared: false,
  newWriter: (split) => routedWriter(parent.partitions, () => split),
})
