import type { OperatorUid, ShuffleId } from '../model/ids.ts'
import { SluiceError } from '../model/errors.ts'
import { foldUp, reachedFrom } from '../model/walk.ts'
import { passingWriter } from '../shuffle/writer.ts'
import type { StreamGraph } from '../graph/graph.ts'
import type { StreamNode } from '../graph/stream-node.ts'
import type { OutputOperation } from '../graph/output-operation.ts'
import { type Dependency, narrow, parentsOf, type RddNode, type ShuffleDependency, whereOf } from '../lineage/node.ts'
import { land } from '../lineage/landings.ts'
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
  const tops = roots.map(({ node }) => node)
  const reached = reachedFrom(tops, parentsOf)
  if (reached.values().some(({ pinned }) => pinned)) markShared(roots)
  land(tops, reached)
  return stagesOf(roots)
}

/** A stage on the way: its parents come before it, those that are not there yet. */
interface OpenStage {
  readonly root: Root
  readonly reads: readonly ShuffleDependency[]
  /** Those that were not looked at yet, the next one last. */
  readonly ahead: ShuffleDependency[]
}

function stagesOf(roots: readonly Root[]): StagePlan {
  const stages: Stage[] = []
  const shuffleIds = new Map<ShuffleDependency, number>()
  const stageOfShuffle = new Map<ShuffleDependency, number>()
  const open: OpenStage[] = []
  const begin = (root: Root): void => {
    const reads = shufflesRead(root.node, root.terminal)
    open.push({ root, reads, ahead: reads.toReversed() })
  }
  const end = ({ root: { node, terminal }, reads }: OpenStage): void => {
    const parents = new Set<number>()
    const twice = new Set<number>()
    for (const dependency of reads) {
      const stage = stageOfShuffle.get(dependency)!
      if (parents.has(stage)) twice.add(stage)
      parents.add(stage)
    }
    if (terminal.kind === 'shuffle') stageOfShuffle.set(terminal.dependency, stages.length)
    stages.push({ id: stages.length, node, terminal, parents: [...parents], twice: [...twice] })
  }
  for (const root of roots) {
    begin(root)
    while (open.length > 0) {
      const { ahead, root: reader } = open.at(-1)!
      const dependency = ahead.pop()
      if (dependency === undefined) end(open.pop()!)
      if (dependency === undefined || shuffleIds.has(dependency)) continue
      assertFits(dependency, reader.node)
      const shuffle = shuffleIds.size
      shuffleIds.set(dependency, shuffle)
      begin({ node: dependency.parent, terminal: { kind: 'shuffle', shuffle, dependency } })
    }
  }
  return { stages, shuffleIds }
}

/** Buckets of one shuffle that a process may hold; where they are not shared, each map partition has its own. */
const BUCKETS_MAX = 2 ** 26

function assertFits(dependency: ShuffleDependency, reader: RddNode<any>): void {
  const { shared, parent, partitioner } = dependency
  const writers = shared ? 1 : parent.partitions
  const isOf = ({ dependencies }: RddNode<any>): boolean => dependencies.includes(dependency)
  if (writers * partitioner.numPartitions <= BUCKETS_MAX) return
  throw new SluiceError(
    'E_PARTITIONS',
    `${parent.partitions} partitions are dealt out to ${partitioner.numPartitions}: more than ${BUCKETS_MAX} buckets.`,
    {
      where: whereOf([...reachedFrom([reader], parentsOf)].find(isOf)!),
      did: 'the batch was not run',
      next: [
        'ask for fewer partitions',
        'or put .transform((rdd) => rdd.coalesce(n)) before it, which moves no record',
      ],
    },
  )
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
    roots.some((root) => root.terminal.kind !== 'effect' && runsEachPartition(root.node, node))
  )
}

/** Whether every partition of `target` is computed by the partition of the same number of a stage at or below `top`. */
function runsEachPartition(top: RddNode<any>, target: RddNode<any>): boolean {
  const seen = new Set<RddNode<any>>()
  const open = [{ node: top, aligned: true }]
  while (open.length > 0) {
    const { node, aligned } = open.pop()!
    if (aligned && node === target) return true
    if (seen.has(node)) continue
    seen.add(node)
    for (const { kind, parent } of node.dependencies.toReversed()) {
      const same = kind === 'shuffle' || (aligned && keepsPartitions(node, parent))
      open.push({ node: parent, aligned: same })
    }
  }
  return false
}

/** As many partitions, each of which reads the one of its number. */
const keepsPartitions = (node: RddNode<any>, parent: RddNode<any>): boolean =>
  node.partitions === parent.partitions && node.kind !== 'cartesian'

/**
 * The shuffles that a stage reads: down the narrow dependencies to the nearest cut. One that is read in several ways is
 * there twice.
 */
function shufflesRead(top: RddNode<any>, terminal: Terminal): ShuffleDependency[] {
  const own = terminal.kind === 'shuffle' ? terminal.dependency : null
  const found: ShuffleDependency[] = []
  const ways = new Map<RddNode<any>, number>()
  const open: Dependency[] = [narrow(top)]
  while (open.length > 0) {
    const dependency = open.pop()!
    const node = dependency.parent
    const times = ways.get(node) ?? 0
    if (dependency.kind === 'shuffle') found.push(dependency)
    else if (times < computedMax(node)) {
      ways.set(node, times + 1)
      if (node.cut && node.cut !== own) found.push(node.cut)
      else for (const below of waysDown(node).toReversed()) open.push(below)
    }
  }
  return found
}

/** What a task keeps it computes once; of anything else more than two ways are no other case than two. */
const computedMax = ({ pinned, cached }: RddNode<any>): number => (pinned || cached ? 1 : 2)

/** A pairing of all with all reads each side again for every partition of the other. */
const waysDown = ({ kind, dependencies }: RddNode<any>): readonly Dependency[] => {
  if (kind !== 'cartesian') return dependencies
  return dependencies.flatMap((dependency) => [dependency, dependency])
}

/**
 * Whether each partition of a stage reads, of every shuffle, the section of its own number: down the narrow
 * dependencies no step changes which partition is which.
 */
export function readsItsOwn(top: RddNode<any>, terminal: Terminal): boolean {
  const own = terminal.kind === 'shuffle' ? terminal.dependency : null
  const inPlace = (node: RddNode<any>): RddNode<any>[] => {
    if (node.cut && node.cut !== own) return []
    return node.dependencies.filter(({ kind }) => kind === 'narrow').map(({ parent }) => parent)
  }
  for (const node of reachedFrom([top], inPlace))
    if (!inPlace(node).every((parent) => keepsPartitions(node, parent))) return false
  return true
}

/**
 * About how many bytes each partition of a stage reads of sources; `null` where one of them does not say, and where
 * partitions read anything else.
 */
export const weightsOf = (top: RddNode<any>): Weights => foldUp(top, weighedBy, weightsFrom)

type Weights = readonly number[] | null

function weightsFrom(node: RddNode<any>, of: (parent: RddNode<any>) => Weights): Weights {
  if (node.cut) return null
  if (node.weight) return known(Array.from({ length: node.partitions }, (_, split) => node.weight!(split)))
  const parents = weighedBy(node)
  if (parents.length === 0) return null
  return known(parents.flatMap((parent): readonly (number | null)[] => of(parent) ?? [null]))
}

/** The parents whose partitions, one after the other, are those of the node; none where that is not so. */
function weighedBy(node: RddNode<any>): RddNode<any>[] {
  if (node.cut || node.weight || node.dependencies.some(({ kind }) => kind === 'shuffle')) return []
  const parents = node.dependencies.map(({ parent }) => parent)
  if (parents.length === 1) return keepsPartitions(node, parents[0]!) ? parents : []
  const together = parents.reduce((sum, each) => sum + each.partitions, 0)
  return node.kind === 'union' && together === node.partitions ? parents : []
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
  const stages = roots.map(({ node }) => node)
  while (stages.length > 0) {
    const ways = new Map<RddNode<any>, number>()
    const open = [stages.pop()!]
    while (open.length > 0) {
      const node = open.pop()!
      const times = ways.get(node) ?? 0
      if (times === 2) continue
      ways.set(node, times + 1)
      if (node.once || (node.pinned && times === 0)) readers.set(node, (readers.get(node) ?? 0) + 1)
      for (const dependency of node.dependencies) {
        if (dependency.kind === 'narrow') {
          open.push(dependency.parent)
          if (node.kind === 'cartesian') open.push(dependency.parent)
        } else if (!shuffles.has(dependency)) {
          shuffles.add(dependency)
          stages.push(dependency.parent)
        }
      }
    }
  }
  for (const [node, count] of readers) if (count > 1) node.cut = passThrough(node)
}

/** Marks pinned nodes whose records several read. State that moves without a reader is none. */
function markShared(roots: readonly Root[]): void {
  const reads = new Map<RddNode<any>, number>()
  const shuffles = new Set<ShuffleDependency>()
  const open: RddNode<any>[] = []
  for (const { node, terminal } of roots)
    if (terminal.kind !== 'effect') open.push(node)
    else for (const parent of parentsOf(node)) open.push(parent)
  while (open.length > 0) {
    const node = open.pop()!
    const known = reads.get(node) ?? 0
    reads.set(node, known + 1)
    if (known >= computedMax(node)) continue
    for (const dependency of waysDown(node)) {
      if (dependency.kind === 'shuffle' && shuffles.has(dependency)) continue
      if (dependency.kind === 'shuffle') shuffles.add(dependency)
      open.push(dependency.parent)
    }
  }
  for (const [node, count] of reads) if (node.pinned && count > 1) node.shared = true
}

const passThrough = (parent: RddNode<any>): ShuffleDependency => ({
  kind: 'shuffle',
  parent,
  partitioner: { numPartitions: parent.partitions, getPartition: () => 0, equals: () => false },
  // One writer per task: one per partition would have a bucket for each pair of partitions.
  shared: true,
  newWriter: () => passingWriter(parent.partitions),
})
