import type { Log } from '../host/log.ts'
import { framesOf, messageOf, SluiceError } from '../model/errors.ts'
import type { EngineEvent } from '../model/events.ts'
import { callerPlace, placeAmong } from '../model/place.ts'
import { isPromise, kindOf } from '../model/settled.ts'
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
 * What may be listened to (Spark: `StreamingListener`); implement any part of it. What a listener throws, or
 * rejects with, is logged as a warning and counted; the run goes on.
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

const EVENT_NAMES: readonly EventName[] = [
  'onStreamingStarted',
  'onReceiverStarted',
  'onReceiverError',
  'onReceiverStopped',
  'onBatchSubmitted',
  'onBatchStarted',
  'onBatchCompleted',
  'onOutputOperationStarted',
  'onOutputOperationCompleted',
]

/**
 * Delivers events in order, in the thread that posts them; silent once stopped. What a listener throws ends nothing:
 * the log has the first error of each of its methods, and each tenth, hundredth and so on with their number.
 */
export class ListenerBus {
  /** How often each method of each listener has failed. */
  readonly #listeners = new Map<StreamingListener, Map<EventName, number>>()
  #log: Log | null = null
  readonly #untold: EngineEvent[] = []
  #stopped = false
  #depth = 0

  /** Throws `E_ARGUMENT` for what cannot listen. */
  add(listener: StreamingListener): void {
    const wrong = mistakeIn(listener)
    if (wrong) throw badListener(wrong)
    this.#listeners.set(listener, this.#listeners.get(listener) ?? new Map())
  }
  get hasAny(): boolean {
    return this.#listeners.size > 0
  }
  remove(listener: StreamingListener): void {
    this.#listeners.delete(listener)
  }
  stop(): void {
    this.#stopped = true
  }
  /** Where failures of listeners are told, those of before as well. */
  tellTo(log: Log): void {
    this.#log = log
    for (const event of this.#untold.splice(0)) log.event(event)
  }
  /** Whether a listener is being called right now: stopping the context from there would wait for itself. */
  get delivering(): boolean {
    return this.#depth > 0
  }

  /** Whether anybody would be told; what nobody hears need not be made. */
  hears(name: EventName): boolean {
    return !this.#stopped && this.#listeners.keys().some((listener) => listener[name] !== undefined)
  }

  post<N extends EventName>(name: N, event: EventOf<N>): void {
    if (!this.hears(name)) return
    for (const [listener, failures] of Array.from(this.#listeners)) {
      const method: unknown = listener[name]
      if (typeof method !== 'function') continue
      this.#depth++
      try {
        const answer: unknown = Reflect.apply(method, listener, [event])
        // Nobody waits for it, and its failure must not end the process.
        if (isPromise(answer)) answer.then(undefined, (error: unknown) => this.#failed(failures, name, error))
      } catch (error) {
        this.#failed(failures, name, error)
      } finally {
        this.#depth--
      }
    }
  }

  #failed(failures: Map<EventName, number>, name: EventName, error: unknown): void {
    const count = (failures.get(name) ?? 0) + 1
    failures.set(name, count)
    if (!Number.isInteger(Math.log10(count))) return
    const told: EngineEvent = {
      type: 'listener-failed',
      level: 'warn',
      listener: name,
      failures: count,
      error: messageOf(error),
      message: `${shownFailure(name, count, error)}; the run goes on`,
    }
    if (this.#log) this.#log.event(told)
    else this.#untold.push(told)
  }
}

function shownFailure(name: string, count: number, error: unknown): string {
  const place = placeAmong(framesOf(error))
  const times = count === 1 ? '' : ` for the ${count}th time`
  return `a listener threw in ${name}()${times}${place ? ` (${place})` : ''}: ${messageOf(error)}`
}

function mistakeIn(listener: unknown): string | null {
  if (typeof listener !== 'object' || listener === null) return `A listener is ${kindOf(listener)}`
  for (const name of EVENT_NAMES) {
    const method: unknown = Reflect.get(listener, name)
    if (method !== undefined && typeof method !== 'function') return `${name} of a listener is ${kindOf(method)}`
  }
  return null
}

const badListener = (wrong: string): SluiceError =>
  new SluiceError('E_ARGUMENT', `${wrong}.`, {
    where: { place: callerPlace() },
    did: 'it was not added',
    next: ['pass an object with methods such as onBatchCompleted({ batchInfo })'],
  })
