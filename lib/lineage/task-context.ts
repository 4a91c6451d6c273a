import { AsyncLocalStorage } from 'node:async_hooks'
import type { PartitionScope } from './node.ts'

const current = new AsyncLocalStorage<TaskContext>()

/** Which partition the running function works on: enough for an idempotent key per (batch, partition). */
export class TaskContext {
  readonly #scope: PartitionScope

  /** @internal The engine makes one per task. */
  constructor(scope: PartitionScope) {
    this.#scope = scope
  }

  /**
   * `null` outside of a task: on the driver, and while the program is defined. Survives `await`. Spark:
   * `TaskContext.get`.
   */
  static get(): TaskContext | null {
    return current.getStore() ?? null
  }

  /** 0 outside of a task. Spark: `TaskContext.getPartitionId`. */
  static getPartitionId(): number {
    return TaskContext.get()?.partitionId() ?? 0
  }

  /** Number of the partition, from 0. Spark: `TaskContext.partitionId`. */
  partitionId(): number {
    return this.#scope.partitionId
  }
  /** Number of the stage within the batch. Spark: `TaskContext.stageId`. */
  stageId(): number {
    return this.#scope.stageId
  }
  /** 0 at the first attempt. Spark: `TaskContext.attemptNumber`. */
  attemptNumber(): number {
    return this.#scope.attemptNumber
  }
}

/** Runs `work` as one task. The scope is copied: whoever runs tasks may reuse its own. */
export const withTaskContext = <R>(scope: PartitionScope, work: () => R): R =>
  current.run(new TaskContext({ ...scope }), work)
