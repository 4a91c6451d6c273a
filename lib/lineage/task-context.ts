import { AsyncLocalStorage } from 'node:async_hooks'
import type { PartitionScope } from './node.ts'

const current = new AsyncLocalStorage<TaskContext>()

/** Which partition the running function works on: enough for an idempotent key per (batch, partition). */
export class TaskContext {
  readonly #scope: PartitionScope

  constructor(scope: PartitionScope) {
    this.#scope = scope
  }

  /** `null` outside of a task: on the driver, and while the program is defined. Survives `await`. */
  static get(): TaskContext | null {
    return current.getStore() ?? null
  }

  /** 0 outside of a task. */
  static getPartitionId(): number {
    return TaskContext.get()?.partitionId() ?? 0
  }

  partitionId(): number {
    return this.#scope.partitionId
  }
  stageId(): number {
    return this.#scope.stageId
  }
  /** 0 at the first attempt. */
  attemptNumber(): number {
    return this.#scope.attemptNumber
  }
}

/** Runs `work` as one task. The scope is copied: whoever runs tasks may reuse its own. */
export const withTaskContext = <R>(scope: PartitionScope, work: () => R): R =>
  current.run(new TaskContext({ ...scope }), work)
