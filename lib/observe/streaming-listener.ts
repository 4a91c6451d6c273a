import type { ReceiverInfo } from '../source/source.ts'

export interface StreamInputInfo {
  readonly inputStreamId: number
  readonly numRecords: number
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface OutputOperationInfo {
  readonly batchTime: number
  readonly id: number
  readonly name: string
  readonly description: string
  readonly startTime: number | null
  readonly endTime: number | null
  /** Message of the error that ended it. */
  readonly failureReason: string | null
  readonly duration: number | null
}

/** Times in ms since the epoch, delays in ms; what cannot be known yet is null (Spark: `BatchInfo`). */
export interface BatchInfo {
  readonly batchTime: number
  readonly streamIdToInputInfo: ReadonlyMap<number, StreamInputInfo>
  readonly submissionTime: number
  readonly processingStartTime: number | null
  readonly processingEndTime: number | null
  readonly outputOperationInfos: ReadonlyMap<number, OutputOperationInfo>
  readonly schedulingDelay: number | null
  readonly processingDelay: number | null
  readonly totalDelay: number | null
  readonly numRecords: number
}

/**
 * What may be listened to (Spark: `StreamingListener`); implement any part of it. Errors thrown by a listener are
 * reported and go no further.
 */
export interface StreamingListener {
  onStreamingStarted?(event: { readonly time: number }): void
  onReceiverStarted?(event: { readonly receiverInfo: ReceiverInfo }): void
  onReceiverError?(event: { readonly receiverInfo: ReceiverInfo }): void
  onReceiverStopped?(event: { readonly receiverInfo: ReceiverInfo }): void
  onBatchSubmitted?(event: { readonly batchInfo: BatchInfo }): void
  onBatchStarted?(event: { readonly batchInfo: BatchInfo }): void
  onBatchCompleted?(event: { readonly batchInfo: BatchInfo }): void
  onOutputOperationStarted?(event: { readonly outputOperationInfo: OutputOperationInfo }): void
  onOutputOperationCompleted?(event: { readonly outputOperationInfo: OutputOperationInfo }): void
}

type EventName = keyof StreamingListener
type EventOf<N extends EventName> = Parameters<NonNullable<StreamingListener[N]>>[0]

/** Delivers events in order, in the thread that posts them; silent once stopped. */
export class ListenerBus {
  readonly #listeners = new Set<StreamingListener>()
  readonly #onError: (error: unknown) => void
  #stopped = false
  #depth = 0

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  add(listener: StreamingListener): void {
    this.#listeners.add(listener)
  }
  remove(listener: StreamingListener): void {
    this.#listeners.delete(listener)
  }
  stop(): void {
    this.#stopped = true
  }
  /** Whether a listener is being called right now: stopping the context from there would wait for itself. */
  get delivering(): boolean {
    return this.#depth > 0
  }

  post<N extends EventName>(name: N, event: EventOf<N>): void {
    if (this.#stopped) return
    for (const listener of Array.from(this.#listeners)) {
      this.#depth++
      try {
        ;(listener[name] as ((event: EventOf<N>) => void) | undefined)?.call(listener, event)
      } catch (error) {
        this.#onError(error)
      } finally {
        this.#depth--
      }
    }
  }
}
