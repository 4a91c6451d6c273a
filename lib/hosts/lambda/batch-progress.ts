import type { BatchInfo, ListenerBus } from '../../observe/streaming-listener.ts'
import type { Progress } from './calls.ts'

/** How far the batch under way has come: listeners of the program are elsewhere, and hear of it with its outputs. */
export class BatchProgress {
  #info: BatchInfo | null = null

  constructor(listeners: ListenerBus) {
    listeners.add({
      onBatchStarted: ({ batchInfo }) => {
        this.#info = batchInfo
      },
    })
  }

  /** `null` for batches that listeners hear nothing of, and for those of former invocations. */
  of(batchTime: number): Progress | null {
    const info = this.#info
    if (info?.batchTime !== batchTime) return null
    return { submitted: info.submissionTime, started: info.processingStartTime! }
  }
}
