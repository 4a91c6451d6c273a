import type { Json } from '../model/json.ts'
import type { OperatorState } from '../model/manifest.ts'
import type { Partitioner } from '../shuffle/partitioner.ts'
import type { Source } from '../source/source.ts'
import type { StateSchema } from '../state/schema.ts'
import type { JobRunner } from '../lineage/jobs.ts'
import type { RddNode } from '../lineage/node.ts'
import type { Driver } from '../lineage/driver.ts'
import type { OutputOperation } from './output-operation.ts'

/**
 * One operator of the graph: a frozen definition, shared by every batch and by every process that loads the program.
 * What happens in a batch lives in the `BatchView`, never here.
 */
export interface StreamNode<T = unknown> {
  /** Order of creation in the graph. */
  readonly id: number
  readonly kind: string
  /** `file:line:column` in the user's program. */
  readonly place: string
  readonly parents: readonly StreamNode<any>[]
  readonly slideMs: number
  /**
   * The RDD of this stream at `time`; `null`: there is none (not an empty one). Called at most once per batch and time.
   */
  compute(time: number, view: BatchView): RddNode<T> | null
  /**
   * Sources, shuffles and state count in the path from which a uid is derived, so that adding a `map` never moves
   * state.
   */
  readonly anchorsUid?: boolean
  readonly source?: Source<T>
  /** Windows take every batch of their parent in, also those at which they do not fire. */
  readonly absorbEveryMs?: number
  absorb?(time: number, view: BatchView): RddNode<T> | null
  /** State must be kept: Spark demands a checkpoint directory and gives a default checkpoint interval. */
  readonly stateful?: StatefulTraits
  /** Its values in the state; only operators with state by key have any. */
  readonly schema?: StateSchema
  /** Spreads the keys of its state. */
  readonly partitioner?: Partitioner
  readonly window?: { readonly lengthMs: number; readonly paneMs: number; readonly inverse: boolean }
  /** The uid that its state stands under if the operator had another before. */
  readonly was?: string
  /** Extra time for which this operator needs its parents' past batches (windows). */
  readonly parentRememberMs?: number
  /** The parent's past RDDs are read again at later batches. */
  readonly readsPast?: boolean
  readonly output?: OutputOperation

  // What `persist`, `checkpoint` and `name` may still set before start:
  name?: string
  uid: string
  persisted?: boolean
  checkpointMs?: number
  rememberMs?: number
}

interface StatefulTraits {
  /** Default checkpoint interval for a slide, in ms (parity A7.4). */
  defaultCheckpointMs(slideMs: number): number
}

/** One batch as the operators see it. */
export interface BatchView {
  /** Time of this batch; operators may be asked for earlier times by windows. */
  readonly time: number
  readonly zeroTime: number
  readonly driver: Driver
  rdd<T>(node: StreamNode<T>, time: number): RddNode<T> | null
  /** The result of `node.absorb` at the time of this batch, made once. */
  absorbed(node: StreamNode<any>, time: number): RddNode<any> | null
  /** The splits that the plan fixed for a source; `null`: no batch. */
  cut(node: StreamNode): readonly Json[] | null
  /** State of an operator before this batch; `null` before its first batch. */
  committed(node: StreamNode): OperatorState | null
  /**
   * Runs actions inside `transform`: their results are recorded in the plan so that every process rebuilds the same
   * lineage.
   */
  planner(node: StreamNode): JobRunner
}
