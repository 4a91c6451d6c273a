import type { EngineEvent } from '../../model/events.ts'
import type { BatchPlan, SerialisedError, TaskReport, TaskSpec } from '../../model/task.ts'

/** What a worker thread is started with. */
export interface WorkerStart {
  readonly module: string
  readonly args: readonly string[]
  readonly fingerprint: string
  /** Where durable objects are; `null`: with the main thread. */
  readonly folder: string | null
  readonly sync: boolean
}

export type ToWorker =
  | { readonly kind: 'plan'; readonly plan: BatchPlan }
  | { readonly kind: 'task'; readonly id: number; readonly spec: Omit<TaskSpec, 'plan'> }
  /** No task will follow. */
  | { readonly kind: 'end' }
  | {
      readonly kind: 'answer'
      readonly id: number
      readonly bytes?: Uint8Array
      readonly keys?: string[]
      readonly error?: SerialisedError
    }

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'report'; readonly id: number; readonly report: TaskReport }
  | { readonly kind: 'blob'; readonly id: number; readonly call: BlobCall }
  /** Something that a function has begun failed behind its task. The thread ends. */
  | { readonly kind: 'broken'; readonly error: SerialisedError }
  /** What functions of the program have printed has arrived. */
  | { readonly kind: 'ended' }
  /** What a task says, for the log of the main thread. */
  | { readonly kind: 'event'; readonly event: EngineEvent }

/** A call of the blob store that the main thread answers. */
export type BlobCall =
  | { readonly method: 'putNew'; readonly key: string; readonly bytes: Uint8Array }
  | { readonly method: 'get'; readonly key: string }
  | { readonly method: 'getRange'; readonly key: string; readonly offset: number; readonly length: number }
  | { readonly method: 'list'; readonly prefix: string }
  | { readonly method: 'delete'; readonly key: string }
