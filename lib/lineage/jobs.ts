import type { ActionPromise } from './action-promise.ts'
import type { RddNode, Sink } from './node.ts'

/** The part of an action that runs per partition. */
interface Partial<P> {
  readonly sink: Sink<any>
  finish(): P
}

export type NewPartial<P> = (split: number) => Partial<P>

/** Calls of a function that may answer later; `wait` hears of each answer that is still to come. */
export type NewCalls = (wait: (answer: Promise<unknown>) => void) => Partial<void>

/**
 * A job for `effects` calls functions that reach outside: one that fails for every record says that the place is away,
 * and nothing about the records.
 */
export type JobPurpose = 'result' | 'effects'

/**
 * Runs actions. Actions return values, as in Spark: where an RDD meets a driver (`foreachRDD`, the builder), its data
 * is at hand; inside `transform`, the plan runs the job and calls the function again with the result recorded.
 */
export interface JobRunner {
  readonly kind: 'resident' | 'planning'
  /** One result per split, in the order of `splits`. */
  runJob<P>(node: RddNode<any>, splits: readonly number[], newPartial: NewPartial<P>, purpose?: JobPurpose): P[]
  /** Makes the calls for one split, and resolves when they are answered; where this is left out, `runJob` is enough. */
  callEach?(node: RddNode<any>, split: number, newCalls: NewCalls): void | Promise<void>
  /** Lets go of what `persist` kept of this node. */
  release?(node: RddNode<any>): void
  /** Hears of an action that others have to wait for. */
  begun?(action: ActionPromise<unknown>): void
}

/** What an action needs of an RDD. */
export interface Runnable<T> {
  readonly node: RddNode<T>
  readonly runner: JobRunner
}

/** Thrown by a planning runner: this job must run before the lineage of the batch can be known. */
export class JobNeeded extends Error {
  readonly operator: string
  readonly node: RddNode<any>
  readonly splits: readonly number[]
  readonly newPartial: NewPartial<unknown>

  constructor(operator: string, node: RddNode<any>, splits: readonly number[], newPartial: NewPartial<unknown>) {
    super(`an action inside transform (${operator}) needs a job`)
    this.operator = operator
    this.node = node
    this.splits = splits
    this.newPartial = newPartial
  }
}
