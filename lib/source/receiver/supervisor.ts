import { messageOf, SluiceError } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { ReceiverEnvironment } from '../source.ts'
import { BlockGenerator } from './block-generator.ts'
import type { BlockWriter } from './block-writer.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { Receiver, ReceiverRunner } from './receiver.ts'
import { LossReports } from './loss-reports.ts'
import { ReceiverReports } from './receiver-reports.ts'
import { lookOf, Refused } from './refused.ts'
import { SingleRecords } from './single-records.ts'

/**
 * Runs one receiver from start to stop (Spark: `ReceiverSupervisor`): gives it its blocks and its rate, restarts it
 * when it asks, and tells listeners. Nothing a receiver throws gets past it.
 */
export class ReceiverSupervisor<T> implements ReceiverRunner<T> {
  readonly streamId: number
  readonly #receiver: Receiver<T>
  readonly #environment: ReceiverEnvironment
  readonly #writer: BlockWriter
  readonly #waiting: () => number
  readonly #limiter: RateLimiter
  readonly #reports: ReceiverReports
  readonly #blocks: BlockGenerator<T | Refused>
  /** Whether what cannot be stored is kept as a dead letter. */
  readonly #keepsRefused: boolean
  readonly #ended = new AbortController()
  #state: 'initialised' | 'started' | 'stopped' = 'initialised'
  #closed = false
  /** Whether a record has come too late, and was dropped. */
  #isLate = false
  /** What could not be stored, kept or not. */
  readonly #losses = new LossReports((loss, total) => {
    this.#lastLoss = { error: loss.error, total }
    this.#reports.lost(loss, total, this.#keepsRefused ? 'set aside' : 'left out')
  })
  #lastLoss: { readonly error: unknown; readonly total: number } | null = null
  /** Starts that failed since it was given anything to store. */
  #failedStarts = 0
  /** Whether anything came to be stored. */
  #hasStored = false
  /** Whether it has polled, and found nothing or something. */
  #hasReached = false
  /** What keeps it from receiving, as it said last. */
  #trouble: Trouble | null = null
  /** The trouble that it was in when it was told to end. */
  #troubleAtEnd: Trouble | null = null

  /** `waiting` tells how many blocks no batch has taken. */
  constructor(receiver: Receiver<T>, environment: ReceiverEnvironment, writer: BlockWriter, waiting: () => number) {
    const { settings, io } = environment
    const maxRate = settings('spark.streaming.receiver.maxRate')
    const isAdapted = settings('spark.streaming.backpressure.enabled')
    const initialRate = isAdapted ? settings('spark.streaming.backpressure.initialRate') : 0
    this.streamId = environment.streamId
    this.#receiver = receiver
    this.#environment = environment
    this.#writer = writer
    this.#waiting = waiting
    this.#reports = new ReceiverReports(receiver, environment, () => this.#state === 'started')
    this.#keepsRefused = settings('sluice.onError') === 'dead-letter'
    this.#limiter = new RateLimiter(io.clock, maxRate, initialRate)
    const pace = {
      intervalMs: settings('spark.streaming.blockInterval'),
      queueMax: settings('spark.streaming.blockQueueSize'),
    }
    const storing = new SingleRecords<T>(writer, {
      receiver: this.#reports.name,
      keepsRefused: this.#keepsRefused,
      ended: this.#ended.signal,
      stored: () => {
        this.#hasStored = true
      },
      lost: (loss) => this.#losses.add(loss),
      failed: (message, error) => this.#reports.error(message, error),
    })
    this.#blocks = new BlockGenerator(io.clock, pace, this.#limiter, (block) => storing.push(block))
  }

  start(): void {
    this.#receiver.attach(this)
    this.#blocks.start()
    this.#startReceiver()
  }

  /** Resolves when the receiver has let go and all it handed over is stored. */
  async close(message: string): Promise<void> {
    if (!this.#ended.signal.aborted) this.#troubleAtEnd = this.#troubleNow
    this.#ended.abort()
    await this.#stopReceiver(message)
    await this.#blocks.stop()
    this.#closed = true
    this.#losses.endBatch()
  }

  /** A batch takes what was received until now. */
  endBatch(): void {
    this.#losses.endBatch()
  }

  updateRate(rate: number): void {
    this.#limiter.updateRate(rate)
  }

  /**
   * What kept it from receiving when it was told to end; `null` where it was well, or had ended by itself. One that
   * fails, after it has stored something, may only have seen the end of what was sent.
   */
  failure(): SluiceError | null {
    const trouble = this.#troubleAtEnd
    if (trouble === null || (trouble.kind === 'fails' && (this.#hasStored || this.#hasReached)))
      return this.#nothingStored()
    const { message, error } = trouble
    return new SluiceError(
      'E_RECEIVER',
      `${this.#reports.name} does not receive: ${message}${causeOf(error, message)}.`,
      {
        did: this.#hasStored ? 'what it had stored before is not lost' : 'it has not stored anything in this run',
        next: ['make what it receives from reachable, or mend the receiver; then start again'],
        retry: true,
        cause: error,
      },
    )
  }

  /** All that it was given was left out: its stream has only looked empty. */
  #nothingStored(): SluiceError | null {
    if (this.#hasStored || this.#keepsRefused || this.#lastLoss === null) return null
    const { error, total } = this.#lastLoss
    const none = total === 1 ? 'the one record that it was given could not' : `none of ${total} records could`
    return new SluiceError(
      'E_RECEIVER',
      `${this.#reports.name} has stored nothing: ${none} be stored: ${messageOf(error)}`,
      {
        did: 'they were left out',
        next: [
          "store values as they can be kept, or set onError: 'dead-letter', which keeps what can be shown of them",
        ],
        cause: error,
      },
    )
  }

  get #troubleNow(): Trouble | null {
    return this.#trouble?.kind === 'stopped' && this.#state === 'started' ? null : this.#trouble
  }

  // — what the receiver asks for

  add(record: T): boolean {
    if (!this.#closed) {
      this.#receives()
      return this.#blocks.add(record)
    }
    if (!this.#isLate) this.#reports.recordAfterStop()
    this.#isLate = true
    return false
  }

  ready(): Promise<void> {
    return this.#blocks.ready()
  }

  async store(records: readonly T[], metadata?: Json): Promise<void> {
    this.#assertOpen()
    this.#receives()
    if (records.length > 0) await this.#writer.store(records, metadata)
    this.#hasReached = true
    this.#hasStored ||= records.length > 0
  }

  async storeBytes(bytes: Uint8Array, metadata?: Json): Promise<void> {
    this.#assertOpen()
    this.#receives()
    await this.#writer.storeBytes(bytes, metadata)
    this.#hasStored = true
  }

  reportError(message: string, error?: unknown): void {
    this.#trouble = { kind: 'fails', message, error: error ?? message }
    this.#reports.error(message, error)
  }

  #receives(): void {
    this.#failedStarts = 0
    this.#trouble = null
  }

  refuse(what: unknown, error: unknown): void {
    const refused = new Refused(what, error, this.#reports.name)
    this.#losses.add({ records: 1, what: 'a record is refused', example: lookOf(what), error })
    if (this.#keepsRefused && !this.#closed) this.#blocks.add(refused)
  }

  restart(
    message: string,
    error?: unknown,
    delayMs: number = this.#environment.settings('spark.streaming.receiverRestartDelay'),
  ): void {
    if (this.#ended.signal.aborted) return
    if (error !== undefined) this.#trouble = { kind: 'fails', message, error }
    this.#restartIn(delayMs, message, error)
  }

  #restartIn(delayMs: number, message: string, error: unknown): void {
    this.#reports.restarts(delayMs, message, error)
    const why = this.#failedStarts > 0 ? message : `Restarting receiver with delay ${delayMs}ms: ${message}`
    void this.#restart(why, error, delayMs)
  }

  stop(message: string, error?: unknown): void {
    if (this.#environment.settings('sluice.receiver.relaunch')) this.restart(message, error)
    else {
      this.#trouble = error === undefined ? null : { kind: 'stopped', message, error }
      void this.#stopReceiver(message, error)
    }
  }

  end(): void {
    this.#environment.events.exhausted(this.streamId)
  }

  waiting(): number {
    return this.#waiting()
  }

  isStarted(): boolean {
    return this.#state === 'started'
  }
  isStopped(): boolean {
    return this.#state === 'stopped'
  }

  // — one run of it

  #startReceiver(): void {
    this.#state = 'started'
    this.#reports.started()
    try {
      // A promise is a loop that receives: nobody waits for its end.
      this.#receiver.onStart()?.catch((error: unknown) => this.#startFailed(error))
    } catch (error) {
      this.#startFailed(error)
    }
  }

  /** Tried again with growing waits: what it needs may only be late, and nobody else would ever start it. */
  #startFailed(error: unknown): void {
    if (this.#ended.signal.aborted || this.#state !== 'started') return
    const message = `Error starting receiver ${this.streamId}`
    this.#trouble = { kind: 'stopped', message, error }
    const firstMs = this.#environment.settings('spark.streaming.receiverRestartDelay')
    const delayMs = Math.max(firstMs, Math.min(firstMs * 2 ** this.#failedStarts++, START_DELAY_MAX_MS))
    this.#restartIn(delayMs, message, error)
  }

  async #stopReceiver(message: string, error?: unknown): Promise<void> {
    if (this.#state !== 'started') return
    this.#state = 'stopped'
    this.#reports.stops(message, error)
    try {
      await this.#receiver.onStop()
    } catch (thrown) {
      this.#reports.stopFailed(thrown)
    }
    this.#reports.stopped()
  }

  async #restart(message: string, error: unknown, delayMs: number): Promise<void> {
    const { clock } = this.#environment.io
    if (this.#state !== 'started') return
    await this.#stopReceiver(message, error)
    await clock.sleepUntil(clock.now() + delayMs, this.#ended.signal)
    if (!this.#ended.signal.aborted) this.#startReceiver()
  }

  #assertOpen(): void {
    if (!this.#closed) return
    throw new SluiceError('E_RECEIVER_STATE', `The receiver of stream ${this.streamId} has been stopped.`, {
      did: 'the records were not stored and must not be acknowledged',
      next: ['stop receiving in onStop'],
    })
  }
}

/** A start that fails is tried again after so long at the most. */
const START_DELAY_MAX_MS = 60_000

/** Why it does not receive: it says that something fails, or it has stopped, or cannot start. */
interface Trouble {
  readonly kind: 'fails' | 'stopped'
  readonly message: string
  readonly error: unknown
}

const causeOf = (error: unknown, message: string): string => {
  const words = messageOf(error)
  return words === message ? '' : `: ${words}`
}
