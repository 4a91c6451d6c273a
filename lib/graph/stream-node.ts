import type { OperatorUid } from '../model/ids.ts'
import type { OperatorState } from '../model/manifest.ts'
import type { Partitioner } from '../shuffle/partitioner.ts'
import type { Source } from '../source/source.ts'
import type { StateSchema } from '../state/schema.ts'
import type { JobRunner } from '../lineage/jobs.ts'
import type { RddNode } from '../lineage/node.ts'
import type { Driver } from '../lineage/driver.ts'
import type { OutputOperation } from './output-operation.ts'

/**
 * One operator of the graph: a definition, shared by every batch and by every process that loads the program, frozen
 * once the program has started. What happens in a batch lives in the `BatchView`, never here.
 */
export type StreamNode<T = unknown> =
  | SourceNode<T>
  | NarrowStreamNode<T>
  | WideNode<T>
  | StateNode<T>
  | WindowNode<T>
  | ReducedWindowNode<T>
  | OutputNode<T>

interface Operator<Kind extends string> {
  readonly kind: Kind
  /** Order of creation in the graph. */
  readonly id: number
  /** What the program called, such as `reduceByKey`; uids and facts are made of it. */
  readonly operator: string
  /** `file:line:column` in the user's program. */
  readonly place: string
  readonly parents: readonly StreamNode<any>[]
  readonly slideMs: number
  /** The uid that its state stands under if the operator had another before. */
  readonly was?: string

  // What `persist`, `checkpoint` and `name` may still set before start:
  name?: string
  uid: OperatorUid
  persisted?: boolean
  checkpointMs?: number
  rememberMs?: number
}

interface Derived<Kind extends string, T> extends Operator<Kind> {
  /**
   * The RDD of this stream at `time`; `null`: there is none (not an empty one). Called at most once per batch and time.
   */
  compute(time: number, view: BatchView): RddNode<T> | null
}

/** Where records enter. */
export interface SourceNode<T = unknown> extends Operator<'source'> {
  readonly source: Source<T>
}

/** Record by record, or partition by partition: nothing of it is in what is stored, and it has no uid of its own. */
type NarrowStreamNode<T = unknown> = Derived<'narrow', T>

/** Shuffles, and `transform`, which may: an operator with a place of its own in the uids below it. */
type WideNode<T = unknown> = Derived<'wide', T>

/** State by key from batch to batch. */
export interface StateNode<T = unknown> extends Derived<'state', T> {
  /** The values of the state. */
  readonly schema: StateSchema
  /** Spreads the keys of the state. */
  readonly partitioner: Partitioner
  /** Default checkpoint interval for a slide, in ms (parity A7.4). */
  defaultCheckpointMs(slideMs: number): number
}

interface WindowSpan {
  readonly lengthMs: number
  readonly paneMs: number
  readonly inverse: boolean
}

/** A window of records: it reads its parent's past batches again, and they are kept for it. */
interface WindowNode<T = unknown> extends Derived<'window', T> {
  readonly window: WindowSpan
}

/** A window of a reduction by key, kept as panes: every batch is taken in, also where the window does not fire. */
export interface ReducedWindowNode<T = unknown> extends Derived<'reduced-window', T> {
  readonly window: WindowSpan
  readonly schema: StateSchema
  readonly partitioner: Partitioner
  /** `null` without an inverse: Spark demands no checkpoint directory then. */
  readonly defaultCheckpointMs: ((slideMs: number) => number) | null
  absorb(time: number, view: BatchView): RddNode<T> | null
}

export interface OutputNode<T = unknown> extends Derived<'output', T> {
  readonly output: OutputOperation
}

/** What counts in the path that uids are made of: a `map` that is added moves no state. */
export const anchorsUid = (node: StreamNode): boolean => node.kind !== 'narrow'

export const windowOf = (node: StreamNode): WindowSpan | null =>
  node.kind === 'window' || node.kind === 'reduced-window' ? node.window : null

/** What keeps values by key, and how they are spread. */
export const keyedStateOf = (node: StreamNode): Pick<StateNode, 'schema' | 'partitioner'> | null =>
  node.kind === 'state' || node.kind === 'reduced-window' ? node : null

/** One batch as the operators see it. */
export interface BatchView {
  /** Time of this batch; operators may be asked for earlier times by windows. */
  readonly time: number
  readonly zeroTime: number
  readonly driver: Driver
  rdd<T>(node: StreamNode<T>, time: number): RddNode<T> | null
  /** The result of `node.absorb` at the time of this batch, made once. */
  absorbed(node: ReducedWindowNode<any>, time: number): RddNode<any> | null
  /** State of an operator before this batch; `null` before its first batch. */
  committed(node: StreamNode): OperatorState | null
  /**
   * Runs actions inside `transform`: their results are recorded in the plan so that every process rebuilds the same
   * lineage.
   */
  planner(node: StreamNode): JobRunner
}
