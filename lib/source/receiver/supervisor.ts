import { messageOf, SluiceError, stackOf } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { ReceiverEnvironment, ReceiverInfo } from '../source.ts'
import { BlockGenerator } from './block-generator.ts'
import type { BlockWriter, Patience } from './block-writer.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { Receiver, ReceiverRunner } from './receiver.ts'
import { lookOf, Refused } from './refused.ts'

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
  #refused = 0
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
    this.#blocks = new BlockGenerator(io.clock, pace, this.#limiter, (records) => this.#pushBlock(records))
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
    this.#sayRefused(1, 'a record is refused', lookOf(what), error)
    if (this.#keepsRefused && !this.#closed) this.#blocks.add(refused)
  }

  /** Nobody else would ever hear of it: the stream only looks empty. */
  #sayRefused(records: number, what: string, example: string, error: unknown): void {
    this.#refused += records
    const became = this.#keepsRefused ? 'set aside' : 'left out'
    const message = `${what} (${this.#refused} ${became} in all), such as ${example}`
    this.#environment.io.log.event({
      type: 'receiver-lost',
      level: 'warn',
      stream: this.streamId,
      message: `${this.#name}: ${message}`,
      code: error instanceof SluiceError ? error.code : null,
      records,
      total: this.#refused,
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

  // — blocks of single records

  async #pushBlock(block: readonly (T | Refused)[]): Promise<void> {
    const refused = block.filter((each) => each instanceof Refused)
    const records = refused.length === 0 ? (block as readonly T[]) : block.filter((each) => !(each instanceof Refused))
    if (records.length > 0) await this.#pushRecords(records as readonly T[], refused)
    if (this.#keepsRefused && refused.length > 0) await this.#pushRefused(refused)
  }

  /** Those that cannot be stored come to be among `refused`. */
  async #pushRecords(records: readonly T[], refused: Refused[]): Promise<void> {
    let stored: Promise<void>
    try {
      stored = this.#writer.store(records, undefined, this.#patience)
    } catch (error) {
      if (records.length > 1) return this.#pushHalves(records, refused)
      refused.push(new Refused(records[0], error, this.#name))
      return this.#sayRefused(1, 'a record cannot be stored', lookOf(records[0]), error)
    }
    try {
      await stored
    } catch (error) {
      const what = `a block of ${records.length} records could not be stored`
      for (const record of records.slice(0, SHOWN_OF_BLOCK)) refused.push(new Refused(record, error, this.#name))
      this.#sayRefused(records.length, what, lookOf(records[0]), error)
    }
  }

  /** A record that cannot be encoded must not take its neighbours with it. */
  async #pushHalves(records: readonly T[], refused: Refused[]): Promise<void> {
    const half = records.length >> 1
    await this.#pushRecords(records.slice(0, half), refused)
    await this.#pushRecords(records.slice(half), refused)
  }

  async #pushRefused(refused: readonly Refused[]): Promise<void> {
    try {
      await this.#writer.storeRefused(refused, this.#patience)
    } catch (error) {
      this.reportError(`${refused.length} dead letters could not be stored`, error)
    }
  }

  /** Nobody waits for these blocks and could send them again: they are tried for as long as the receiver runs. */
  get #patience(): Patience {
    return {
      signal: this.#ended.signal,
      failed: (error) => this.reportError('a block could not be stored yet, and is tried again', error),
    }
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

/** Of a block that cannot be stored, so many records are kept as dead letters. */
const SHOWN_OF_BLOCK = 100

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
