import type { SourceProgress } from '../model/source-progress.ts'
import type { ReceiverInfo } from '../source/source.ts'

/** What one source gave one batch (Spark: `StreamInputInfo`). */
export interface StreamInputInfo {
  /** Number of the source, in order of definition. */
  readonly inputStreamId: number
  /** How many records it gave. */
  readonly numRecords: number
  /** What the source says about its part of the batch, such as `Description`. */
  readonly metadata: Readonly<Record<string, unknown>>
  /**
   * How far the source has come, and its lag. Left out where a source does not say, or only when the batch is read
   * (Kinesis).
   */
  readonly progress?: SourceProgress
}

/** One output of one batch (Spark: `OutputOperationInfo`). Times in ms since the epoch. */
export interface OutputOperationInfo {
  /** Time of the batch. */
  readonly batchTime: number
  /** Number of the output, in order of definition. */
  readonly id: number
  /** Its name, or what it is. */
  readonly name: string
  /** Where it was defined, and with what. */
  readonly description: string
  /** When it began; `null` before. */
  readonly startTime: number | null
  /** When it ended; `null` before. */
  readonly endTime: number | null
  /** Message of the error that ended it. */
  readonly failureReason: string | null
  /** How long it took, in ms; `null` before it ended. */
  readonly duration: number | null
}

/** Times in ms since the epoch, delays in ms; what cannot be known yet is null (Spark: `BatchInfo`). */
export interface BatchInfo {
  /** Time of the batch: the end of its interval. Spark: `BatchInfo.batchTime`. */
  readonly batchTime: number
  /** What each source gave. Spark: `BatchInfo.streamIdToInputInfo`. */
  readonly streamIdToInputInfo: ReadonlyMap<number, StreamInputInfo>
  /** When it was planned. Spark: `BatchInfo.submissionTime`. */
  readonly submissionTime: number
  /** When its first task began. Spark: `BatchInfo.processingStartTime`. */
  readonly processingStartTime: number | null
  /** When its last output ended. Spark: `BatchInfo.processingEndTime`. */
  readonly processingEndTime: number | null
  /** Its outputs, by number. Spark: `BatchInfo.outputOperationInfos`. */
  readonly outputOperationInfos: ReadonlyMap<number, OutputOperationInfo>
  /** From `submissionTime` to `processingStartTime`. Spark: `BatchInfo.schedulingDelay`. */
  readonly schedulingDelay: number | null
  /** From `processingStartTime` to `processingEndTime`. Spark: `BatchInfo.processingDelay`. */
  readonly processingDelay: number | null
  /** Both delays together. Spark: `BatchInfo.totalDelay`. */
  readonly totalDelay: number | null
  /** Records of all sources. Spark: `BatchInfo.numRecords`. */
  readonly numRecords: number
}

/**
 * What may be listened to (Spark: `StreamingListener`); implement any part of it. Errors thrown by a listener are
 * reported and go no further.
 */
export interface StreamingListener {
  /** The context has started; `time` in ms since the epoch. Spark: `StreamingListener.onStreamingStarted`. */
  onStreamingStarted?(event: { readonly time: number }): void
  /** A receiver runs, for the first time or again. Spark: `StreamingListener.onReceiverStarted`. */
  onReceiverStarted?(event: { readonly receiverInfo: ReceiverInfo }): void
  /** A receiver reported an error; it may go on. Spark: `StreamingListener.onReceiverError`. */
  onReceiverError?(event: { readonly receiverInfo: ReceiverInfo }): void
  /** A receiver has ended. Spark: `StreamingListener.onReceiverStopped`. */
  onReceiverStopped?(event: { readonly receiverInfo: ReceiverInfo }): void
  /** A batch is planned. Spark: `StreamingListener.onBatchSubmitted`. */
  onBatchSubmitted?(event: { readonly batchInfo: BatchInfo }): void
  /** Its first task runs. Spark: `StreamingListener.onBatchStarted`. */
  onBatchStarted?(event: { readonly batchInfo: BatchInfo }): void
  /** It is committed and its outputs were tried. Spark: `StreamingListener.onBatchCompleted`. */
  onBatchCompleted?(event: { readonly batchInfo: BatchInfo }): void
  /** An output of a batch begins. Spark: `StreamingListener.onOutputOperationStarted`. */
  onOutputOperationStarted?(event: { readonly outputOperationInfo: OutputOperationInfo }): void
  /**
   * An output of a batch ended, well or with `failureReason`. Spark: `StreamingListener.onOutputOperationCompleted`.
   */
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
