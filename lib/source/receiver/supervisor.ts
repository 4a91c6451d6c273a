import { inspect } from 'node:util'
import { messageOf, SluiceError, stackOf } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { ReceiverEnvironment, ReceiverInfo } from '../source.ts'
import { BlockGenerator } from './block-generator.ts'
import type { BlockWriter } from './block-writer.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { Receiver, ReceiverRunner } from './receiver.ts'

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
  readonly #blocks: BlockGenerator<T>
  readonly #ended = new AbortController()
  #state: 'initialised' | 'started' | 'stopped' = 'initialised'
  #closed = false
  /** Records that came too late and were dropped. */
  #late = 0
  /** Records that could not be stored. */
  #lost = 0
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
    this.#ended.abort()
    await this.#stopReceiver(message)
    await this.#blocks.stop()
    this.#closed = true
  }

  updateRate(rate: number): void {
    this.#limiter.updateRate(rate)
  }

  // — what the receiver asks for

  add(record: T): boolean {
    if (!this.#closed) return this.#blocks.add(record)
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
    if (records.length > 0) await this.#writer.store(records, metadata)
  }

  async storeBytes(bytes: Uint8Array, metadata?: Json): Promise<void> {
    this.#assertOpen()
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

  /** Nobody else would ever hear of it: the stream only looks empty. */
  #lose(records: readonly T[], message: string, error: unknown): void {
    this.#lost += records.length
    this.#environment.io.log.event({
      type: 'receiver-lost',
      level: 'warn',
      stream: this.streamId,
      message: `${this.#name}: ${message} (${this.#lost} lost in all), such as ${exampleOf(records[0])}`,
      code: error instanceof SluiceError ? error.code : null,
      records: records.length,
      total: this.#lost,
      example: exampleOf(records[0]),
      error: messageOf(error),
    })
    this.#tellError(message, error)
  }

  restart(
    message: string,
    error?: unknown,
    delayMs: number = this.#environment.settings('spark.streaming.receiverRestartDelay'),
  ): void {
    if (this.#ended.signal.aborted) return
    const { log } = this.#environment.io
    log.event({
      type: 'receiver-restart',
      level: 'warn',
      stream: this.streamId,
      delayMs,
      message,
      ...(error === undefined ? {} : { error: messageOf(error) }),
    })
    void this.#restart(`Restarting receiver with delay ${delayMs}ms: ${message}`, error, delayMs)
  }

  stop(message: string, error?: unknown): void {
    if (this.#environment.settings('sluice.receiver.relaunch')) this.restart(message, error)
    else void this.#stopReceiver(message, error)
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
    const failed = (error: unknown): Promise<void> =>
      this.#stopReceiver(`Error starting receiver ${this.streamId}`, error)
    try {
      // A promise is a loop that receives: nobody waits for its end.
      this.#receiver.onStart()?.catch(failed)
    } catch (error) {
      void failed(error)
    }
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

  async #pushBlock(records: readonly T[]): Promise<void> {
    let stored: Promise<void>
    try {
      stored = this.#writer.store(records)
    } catch (error) {
      return records.length > 1
        ? this.#pushHalves(records)
        : this.#lose(records, 'a record cannot be stored and is left out', error)
    }
    try {
      await stored
    } catch (error) {
      this.#lose(records, `a block of ${records.length} records could not be stored and is lost`, error)
    }
  }

  /** A record that cannot be encoded must not take its neighbours with it. */
  async #pushHalves(records: readonly T[]): Promise<void> {
    const half = records.length >> 1
    await this.#pushBlock(records.slice(0, half))
    await this.#pushBlock(records.slice(half))
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

const EXAMPLE_CHARS_MAX = 200

/** How a record looks, whatever it is. */
function exampleOf(record: unknown): string {
  const text = inspect(record, { depth: 2, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 100 })
  return text.length > EXAMPLE_CHARS_MAX ? `${text.slice(0, EXAMPLE_CHARS_MAX)}…` : text
}
