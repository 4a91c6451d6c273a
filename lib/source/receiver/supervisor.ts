import { messageOf, SluiceError, stackOf } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { ReceiverEnvironment, ReceiverInfo } from '../source.ts'
import { BlockGenerator } from './block-generator.ts'
import type { BlockWriter } from './block-writer.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { Receiver, ReceiverRunner } from './receiver.ts'
import { LossReports } from './loss-reports.ts'
import { lookOf, Refused } from './refused.ts'
import { type Loss, SingleRecords } from './single-records.ts'

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
  readonly #blocks: BlockGenerator<T | Refused>
  /** Whether what cannot be stored is kept as a dead letter. */
  readonly #keepsRefused: boolean
  readonly #ended = new AbortController()
  #state: 'initialised' | 'started' | 'stopped' = 'initialised'
  #closed = false
  /** Records that came too late and were dropped. */
  #late = 0
  /** What could not be stored, kept or not. */
  readonly #losses = new LossReports((loss, total) => this.#sayRefused(loss, total))
  /** Starts that failed since anything was stored. */
  #failedStarts = 0
  #hasStored = false
  /** What keeps it from receiving, as it said last. */
  #trouble: Trouble | null = null
  /** The trouble that it was in when it was told to end. */
  #troubleAtEnd: Trouble | null = null
  #lastError = { lastErrorMessage: '', lastError: '', lastErrorTime: -1 }

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
    this.#keepsRefused = settings('sluice.onError') === 'dead-letter'
    this.#limiter = new RateLimiter(io.clock, maxRate, initialRate)
    const pace = {
      intervalMs: settings('spark.streaming.blockInterval'),
      queueMax: settings('spark.streaming.blockQueueSize'),
    }
    const storing = new SingleRecords<T>(writer, {
      receiver: this.#name,
      keepsRefused: this.#keepsRefused,
      ended: this.#ended.signal,
      lost: (loss) => this.#losses.add(loss),
      failed: (message, error) => this.reportError(message, error),
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

  /** What kept it from receiving when it was told to end; `null` where it was well, or had ended by itself. */
  failure(): SluiceError | null {
    if (this.#troubleAtEnd === null) return null
    const { message, error } = this.#troubleAtEnd
    return new SluiceError('E_RECEIVER', `${this.#name} does not receive: ${message}${causeOf(error, message)}.`, {
      did: this.#hasStored ? 'what it had stored before is not lost' : 'it has not stored anything in this run',
      next: ['make what it receives from reachable, or mend the receiver; then start again'],
      retry: true,
      cause: error,
    })
  }

  /** One that has lost its connection, after it had one, may only have seen the end of what was sent. */
  get #troubleNow(): Trouble | null {
    const trouble = this.#trouble
    if (trouble?.kind === 'restarts') return this.#hasStored ? null : trouble
    return this.#state === 'started' ? null : trouble
  }

  // — what the receiver asks for

  add(record: T): boolean {
    if (!this.#closed) {
      this.#receives()
      return this.#blocks.add(record)
    }
    if (this.#late++ === 0)
      this.#environment.io.log.event({
        type: 'receiver-record-after-stop',
        level: 'warn',
        stream: this.streamId,
        message: `the receiver of stream ${this.streamId} hands records over after it was stopped; they are lost`,
      })
    return false
  }

  ready(): Promise<void> {
    return this.#blocks.ready()
  }

  async store(records: readonly T[], metadata?: Json): Promise<void> {
    this.#assertOpen()
    this.#receives()
    if (records.length > 0) await this.#writer.store(records, metadata)
  }

  async storeBytes(bytes: Uint8Array, metadata?: Json): Promise<void> {
    this.#assertOpen()
    this.#receives()
    await this.#writer.storeBytes(bytes, metadata)
  }

  reportError(message: string, error?: unknown): void {
    this.#environment.io.log.event({
      type: 'receiver-error',
      level: 'warn',
      stream: this.streamId,
      message: `${this.#name}: ${message}`,
      ...(error === undefined || messageOf(error) === message ? {} : { error: messageOf(error) }),
    })
    this.#tellError(message, error)
  }

  #tellError(message: string, error: unknown): void {
    this.#rememberError(message, error)
    this.#environment.events.error(this.#info())
  }

  #receives(): void {
    this.#hasStored = true
    this.#failedStarts = 0
    this.#trouble = null
  }

  refuse(what: unknown, error: unknown): void {
    const refused = new Refused(what, error, this.#name)
    this.#losses.add({ records: 1, what: 'a record is refused', example: lookOf(what), error })
    if (this.#keepsRefused && !this.#closed) this.#blocks.add(refused)
  }

  /** Nobody else would ever hear of it: the stream only looks empty. */
  #sayRefused({ records, what, example, error }: Loss, total: number): void {
    const became = this.#keepsRefused ? 'set aside' : 'left out'
    const message = `${what} (${total} ${became} in all), such as ${example}`
    this.#environment.io.log.event({
      type: 'receiver-lost',
      level: 'warn',
      stream: this.streamId,
      message: `${this.#name}: ${message}`,
      code: error instanceof SluiceError ? error.code : null,
      records,
      total,
      example,
      error: messageOf(error),
    })
    this.#tellError(`${what}: ${messageOf(error)}`, error)
  }

  restart(
    message: string,
    error?: unknown,
    delayMs: number = this.#environment.settings('spark.streaming.receiverRestartDelay'),
  ): void {
    if (this.#ended.signal.aborted) return
    if (error !== undefined) this.#trouble = { kind: 'restarts', message, error }
    this.#restartIn(delayMs, message, error)
  }

  #restartIn(delayMs: number, message: string, error: unknown): void {
    const { log } = this.#environment.io
    log.event({
      type: 'receiver-restart',
      level: 'warn',
      stream: this.streamId,
      delayMs,
      message,
      ...(error === undefined ? {} : { error: messageOf(error) }),
    })
    const why = this.#failedStarts > 0 ? message : `Restarting receiver with delay ${delayMs}ms: ${message}`
    void this.#restart(why, error, delayMs)
  }

  stop(message: string, error?: unknown): void {
    if (this.#environment.settings('sluice.receiver.relaunch')) this.restart(message, error)
    else {
      if (error !== undefined) this.#trouble = { kind: 'stopped', message, error }
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
    this.#environment.events.started(this.#info())
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
    this.#rememberError(error === undefined ? message : `${message} - ${messageOf(error)}`, error)
    if (error !== undefined)
      this.#environment.io.log.event({
        type: 'receiver-stopped',
        level: 'warn',
        stream: this.streamId,
        message,
        error: messageOf(error),
      })
    try {
      await this.#receiver.onStop()
    } catch (thrown) {
      this.#environment.io.log.event({
        type: 'receiver-stop-failed',
        level: 'warn',
        stream: this.streamId,
        message: `the receiver of stream ${this.streamId} threw in onStop`,
        error: messageOf(thrown),
      })
    }
    this.#environment.events.stopped(this.#info())
  }

  async #restart(message: string, error: unknown, delayMs: number): Promise<void> {
    const { clock } = this.#environment.io
    if (this.#state !== 'started') return
    await this.#stopReceiver(message, error)
    await clock.sleepUntil(clock.now() + delayMs, this.#ended.signal)
    if (!this.#ended.signal.aborted) this.#startReceiver()
  }

  // — what listeners see

  #rememberError(message: string, error: unknown): void {
    this.#lastError = {
      lastErrorMessage: message,
      lastError: error === undefined ? '' : stackOf(error) || messageOf(error),
      lastErrorTime: error === undefined ? -1 : this.#environment.io.clock.now(),
    }
  }

  #info(): ReceiverInfo {
    return {
      streamId: this.streamId,
      name: this.#name,
      active: this.#state === 'started',
      location: this.#receiver.preferredLocation ?? 'localhost',
      executorId: 'driver',
      ...this.#lastError,
    }
  }

  get #name(): string {
    return `${this.#receiver.constructor.name || 'Receiver'}-${this.streamId}`
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

/** Why it does not receive: it asks to be started again, or it has stopped, or cannot start. */
interface Trouble {
  readonly kind: 'restarts' | 'stopped'
  readonly message: string
  readonly error: unknown
}

const causeOf = (error: unknown, message: string): string => {
  const words = messageOf(error)
  return words === message ? '' : `: ${words}`
}
