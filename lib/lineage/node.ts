import type { Clock } from '../host/clock.ts'
import type { Where } from '../model/errors.ts'
import type { BlobRef } from '../model/refs.ts'
import type { Json } from '../model/json.ts'
import type { OperatorState } from '../model/manifest.ts'
import type { ShuffleInput } from '../shuffle/buckets.ts'
import type { Partitioner } from '../shuffle/partitioner.ts'
import type { ShuffleWriter } from '../shuffle/writer.ts'
import type { KeyedState } from '../state/keyed-state.ts'
import { copyIfStorable } from '../state/own-copy.ts'
import type { StateSchema } from '../state/schema.ts'
import type { Pane, WindowSpec } from '../state/window-spec.ts'
import type { WindowState } from '../state/window-state.ts'
import type { Source } from '../source/source.ts'
import type { Blame } from './blame.ts'
import { emitPairs, type Kept, KeptSink, recordsIn } from './kept-records.ts'

/** Work that is finished on return unless it had to wait for a port. */
export type MaybePromise<T> = T | Promise<T>

/**
 * Continues after `value`, without a promise where there is none: user-facing actions on data at hand stay synchronous.
 */
export const chain = <T, R>(value: MaybePromise<T>, use: (value: T) => MaybePromise<R>): MaybePromise<R> =>
  value instanceof Promise ? value.then(use) : use(value)

/** Takes records, one at a time or a chunk at once. `emit` is a plain closure so that generated loops inline it. */
export interface Sink<T> {
  readonly emit: (record: T) => void
  chunk(records: readonly T[]): void
  /** Pairs as columns, for sinks that would only take pairs apart again; `chunk` of the pairs otherwise. */
  columns?(keys: readonly unknown[], values: readonly unknown[], hashes: readonly number[] | null): void
}

/** Thrown by a sink that has seen enough; caught where the partition was started. */
export const STOP: unique symbol = Symbol('enough records')

export interface NarrowDependency {
  readonly kind: 'narrow'
  readonly parent: RddNode<any>
}

export interface ShuffleDependency {
  readonly kind: 'shuffle'
  readonly parent: RddNode<any>
  readonly partitioner: Partitioner
  /** Where a second map-side pass over one partition must agree with the first, `split` seeds it. */
  newWriter(split: number): ShuffleWriter
  /** Whether one writer may serve several map partitions of a task. */
  readonly shared: boolean
  /** Records are dealt out: they need not be pairs. */
  readonly keyless?: true
}

export type Dependency = NarrowDependency | ShuffleDependency

/**
 * One step of a batch's lineage. Nodes are rebuilt by every process from the same graph, so they may hold closures;
 * they hold no data except what the program itself holds (`parallelize`).
 */
export interface RddNode<T> {
  readonly kind: string
  readonly partitions: number
  readonly partitioner: Partitioner | null
  readonly dependencies: readonly Dependency[]
  /** Computing it twice would be wrong (state) or wasteful (persisted): one task computes each partition once. */
  readonly pinned?: boolean
  /** Two tasks that read it may find different ends: where it is read more than once, one stage reads it for all. */
  readonly once?: boolean
  /** Set by `persist`; works like `pinned` but is never required. */
  cached?: boolean
  /** Set by the planner for a pinned node that is read in more than one way: each reader gets records of its own. */
  shared?: boolean
  /**
   * Set by the planner when several stages read a pinned node, or a `once`: they read this shuffle instead, which moves
   * nothing.
   */
  cut?: ShuffleDependency
  /** Set by `land`: so deep in a chain that it is gathered on a stack of its own before what is above goes on. */
  lands?: boolean
  /** What each partition reads, where the node stands for the cut of a source or for what was kept of one. */
  readonly splits?: readonly Json[]
  /** About how many bytes it is to read a partition of a source; `null` where the source does not say. */
  weight?(split: number): number | null
  /** How a record of a partition is called where people read it, by its number; of what comes from a source. */
  recordName?(split: number, index: number): string
  /** The operator or RDD call it came from, for errors and the job graph. */
  label?: string
  place?: string
  compute(split: number, task: TaskScope, sink: Sink<T>): MaybePromise<void>
  /** Must run for every partition of every batch even if nobody reads it. */
  readonly effect?: string
}

/** What a node may ask of whoever runs it. */
export interface TaskScope {
  readSource<T>(source: Source<T>, uid: string, split: Json): Iterable<readonly T[]> | AsyncIterable<readonly T[]>
  shuffle(dependency: ShuffleDependency, reducer: number): MaybePromise<ShuffleInput>
  blob(ref: BlobRef): MaybePromise<Uint8Array>
  /** For functions that wait. */
  clock(): Clock
  keyedState(request: StateRequest): MaybePromise<KeyedState>
  /** Registers what `keyedState` became; called once per partition after the operator has run. */
  stateChanged(request: StateRequest, state: KeyedState): MaybePromise<void>
  windowState(request: StateRequest, spec: WindowSpec): MaybePromise<WindowState>
  windowChanged(
    request: StateRequest,
    spec: WindowSpec,
    state: WindowState,
    pane: Pane | null,
    time: number,
  ): MaybePromise<void>
  /** Records of pinned and cached nodes computed in this task. */
  readonly memo: WeakMap<RddNode<any>, Map<number, Kept<unknown>>>
  readonly partition: PartitionScope
  /** Set in tests: records are frozen when they are handed on. */
  readonly freezes?: boolean
  /** Set in trials that look for the records that make a batch fail. */
  readonly blame?: Blame
}

export interface StateRequest {
  readonly operator: string
  readonly split: number
  readonly partitions: number
  readonly committed: OperatorState | null
  readonly schema?: StateSchema
}

/** What `TaskContext` shows to user code. */
export interface PartitionScope {
  stageId: number
  partitionId: number
  attemptNumber: number
}

/** Runs one partition of `node` into `sink`, at most once per task where that matters. */
export function runPartition<T>(node: RddNode<T>, split: number, task: TaskScope, sink: Sink<T>): MaybePromise<void> {
  if (node.cut)
    return chain(task.shuffle(node.cut, split), (input) => {
      for (const { values } of input) sink.chunk(values as T[])
    })
  if (node.pinned || node.cached) return chain(keptOf(node, split, task), (kept) => handOn(node, kept, task, sink))
  if (!node.lands) return node.compute(split, task, sink)
  const kept = task.memo.get(node)?.get(split) as Kept<T> | undefined
  if (kept) return handOn(node, kept, task, sink)
  return Promise.resolve()
    .then(() => gathered(node, split, task))
    .then((records) => handOn(node, records, task, sink))
}

function handOn<T>(node: RddNode<T>, kept: Kept<T>, task: TaskScope, sink: Sink<T>): void {
  if (task.blame) task.blame.replay(recordsIn(kept), sink, copiesFor(node))
  else if (kept.kind === 'pairs' && !isShared(node)) emitPairs(sink, kept)
  else sink.chunk(ownRecords(node, recordsIn(kept)))
}

/** What a reader changes must not be what the next one reads, as it would not be where records are kept as bytes. */
const ownRecords = <T>(node: RddNode<T>, records: readonly T[]): readonly T[] =>
  isShared(node) ? records.map(copyIfStorable) : records

const copiesFor =
  <T>(node: RddNode<T>) =>
  (record: T): T =>
    isShared(node) ? copyIfStorable(record) : record

const isShared = ({ cached, shared, lands }: RddNode<any>): boolean =>
  cached === true || shared === true || lands === true

/** The records of a pinned or cached partition, computed once per task. */
export const recordsOf = <T>(node: RddNode<T>, split: number, task: TaskScope): MaybePromise<readonly T[]> =>
  chain(keptOf(node, split, task), recordsIn)

function keptOf<T>(node: RddNode<T>, split: number, task: TaskScope): MaybePromise<Kept<T>> {
  const known = task.memo.get(node)?.get(split) as Kept<T> | undefined
  if (known) return known
  return node.lands ? Promise.resolve().then(() => keepPartition(node, split, task)) : keepPartition(node, split, task)
}

/** Computes a partition, and keeps its records for the task. */
export const keepPartition = <T>(node: RddNode<T>, split: number, task: TaskScope): MaybePromise<Kept<T>> =>
  chain(gathered(node, split, task), (kept) => {
    const splits = task.memo.get(node)
    if (splits) splits.set(split, kept)
    else task.memo.set(node, new Map([[split, kept]]))
    return kept
  })

function gathered<T>(node: RddNode<T>, split: number, task: TaskScope): MaybePromise<Kept<T>> {
  if (task.blame) {
    const { sink, records } = task.blame.buffer<T>()
    return chain(node.compute(split, task, sink), (): Kept<T> => ({ kind: 'records', records }))
  }
  const buffer = new KeptSink<T>()
  return chain(node.compute(split, task, buffer), () => buffer.kept())
}

/** All records of a partition in an array. */
export function collectSplit<T>(node: RddNode<T>, split: number, task: TaskScope): MaybePromise<T[]> {
  if (node.cut) return chain(task.shuffle(node.cut, split), (input) => input.flatMap(({ values }) => values as T[]))
  if (node.pinned || node.cached)
    return chain(recordsOf(node, split, task), (records) => ownRecords(node, records) as T[])
  const buffer = new ArraySink<T>()
  return chain(runPartition(node, split, task, buffer), () => buffer.records)
}

export class ArraySink<T> implements Sink<T> {
  records: T[] = []
  readonly emit = (record: T): void => {
    this.records.push(record)
  }

  chunk(records: readonly T[]): void {
    if (this.records.length === 0) this.records = (records as T[]) === records ? records.slice() : [...records]
    else for (let i = 0; i < records.length; i++) this.records.push(records[i])
  }
}

/** Calls `emit` for each record. */
export const sinkOf = <T>(emit: (record: T) => void): Sink<T> => ({
  emit,
  chunk: (records) => {
    for (let i = 0; i < records.length; i++) emit(records[i])
  },
})

export function drain<T>(
  chunks: Iterable<readonly T[]> | AsyncIterable<readonly T[]>,
  sink: Sink<T>,
): MaybePromise<void> {
  if (Symbol.asyncIterator in chunks) return drainAsync(chunks, sink)
  for (const chunk of chunks) sink.chunk(chunk)
}

async function drainAsync<T>(chunks: AsyncIterable<readonly T[]>, sink: Sink<T>): Promise<void> {
  for await (const chunk of chunks) sink.chunk(chunk)
}

/** The node as an error names it: the operator as the user knows it, and its line. */
export const whereOf = ({ kind, label, place }: RddNode<any>): Where => ({
  operator: label ?? kind,
  ...(place ? { place } : {}),
})

export const parentsOf = ({ dependencies }: RddNode<any>): RddNode<any>[] => dependencies.map(({ parent }) => parent)

export const narrow = (parent: RddNode<any>): NarrowDependency => ({ kind: 'narrow', parent })
