import type { Clock } from '../../host/clock.ts'
import type { RateLimiter } from './rate-limiter.ts'

interface BlockGeneratorSettings {
  /** `spark.streaming.blockInterval`, in ms. */
  readonly intervalMs: number
  /** `spark.streaming.blockQueueSize`: blocks that may wait to be stored. */
  readonly queueMax: number
}

/**
 * Collects single records into blocks, one per interval of the clock's grid, and hands them over one after the other.
 * Records are taken even when there are too many (nobody can be made to wait in one thread), so whoever adds them minds
 * the answer of `add`.
 */
export class BlockGenerator<T> {
  readonly #clock: Clock
  readonly #settings: BlockGeneratorSettings
  readonly #limiter: RateLimiter
  readonly #push: (records: readonly T[]) => Promise<void>
  readonly #stopping = new AbortController()
  #records: T[] = []
  #queue: T[][] = []
  #pushing: Promise<void> | null = null
  #loop: Promise<void> | null = null
  /** Those who wait for room in the queue. */
  #waiting: (() => void)[] = []

  /** `push` never rejects: it reports. */
  constructor(
    clock: Clock,
    settings: BlockGeneratorSettings,
    limiter: RateLimiter,
    push: (records: readonly T[]) => Promise<void>,
  ) {
    this.#clock = clock
    this.#settings = settings
    this.#limiter = limiter
    this.#push = push
  }

  start(): void {
    this.#loop = this.#cutBlocks()
  }

  /** False: taken, but wait for `ready` before the next. */
  add(record: T): boolean {
    this.#records.push(record)
    this.#limiter.take(1)
    return this.#isReady
  }

  async ready(): Promise<void> {
    while (!this.#isReady && !this.#stopping.signal.aborted) {
      if (this.#limiter.isFree) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      else await this.#clock.sleepUntil(this.#limiter.freeAt, this.#stopping.signal)
    }
  }

  /** Resolves when all records that were added are handed over. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake()
    await this.#loop
    this.#cut()
    while (this.#pushing) await this.#pushing
  }

  get #isReady(): boolean {
    return this.#queue.length < this.#settings.queueMax && this.#limiter.isFree
  }

  async #cutBlocks(): Promise<void> {
    const { intervalMs } = this.#settings
    while (!this.#stopping.signal.aborted) {
      await this.#clock.sleepUntil((Math.floor(this.#clock.now() / intervalMs) + 1) * intervalMs, this.#stopping.signal)
      // With a full queue the block goes on growing: a longer queue of small blocks would not be stored any sooner.
      if (this.#queue.length < this.#settings.queueMax) this.#cut()
    }
  }

  #cut(): void {
    if (this.#records.length === 0) return
    this.#queue.push(this.#records)
    this.#records = []
    this.#pushing ??= this.#pushAll()
  }

  async #pushAll(): Promise<void> {
    for (let block = this.#queue.shift(); block; block = this.#queue.shift()) {
      this.#wake()
      await this.#push(block)
    }
    this.#pushing = null
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
