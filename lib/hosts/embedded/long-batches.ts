import type { BatchWatch, WatchedBatch } from '../../host/batch-watch.ts'
import type { Clock } from '../../host/clock.ts'
import type { Log } from '../../host/log.ts'

/** Nothing is said of batches that are done by then. */
const LONG_MS = 2000
/** How often something is said of a longer one. */
const EVERY_MS = 1000
/** From then on something can be told from what is done. */
const TELLING_MS = 5000

/** Says how far a batch has come that takes long. */
export class LongBatches implements BatchWatch {
  readonly #clock: Clock
  readonly #log: Log
  #batch: (() => WatchedBatch) | null = null
  #beganAt = 0
  #saidAt = 0
  #done = 0
  #read = 0
  #timer: NodeJS.Timeout | undefined

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** From now on also while nothing is done or read, as far as this thread has time for it. */
  open(): void {
    this.#timer = setInterval(() => this.#look(), EVERY_MS).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  began(batch: () => WatchedBatch): void {
    this.#batch = batch
    this.#beganAt = this.#clock.now()
    this.#saidAt = 0
    this.#done = 0
    this.#read = 0
  }

  done(tasks: number): void {
    this.#done += tasks
    this.#look()
  }

  read(records: number): void {
    this.#read += records
    this.#look()
  }

  ended(): void {
    this.#batch = null
  }

  #look(): void {
    const now = this.#clock.now()
    if (this.#batch === null || now - this.#beganAt < LONG_MS || now - this.#saidAt < EVERY_MS) return
    this.#saidAt = now
    const { batch, tasks, records } = this.#batch()
    const elapsedMs = now - this.#beganAt
    this.#log.event({
      type: 'batch-under-way',
      batch,
      elapsedMs,
      tasksDone: this.#done,
      tasks,
      recordsRead: this.#read,
      records,
      leftMs: leftMs(elapsedMs, this.#done, tasks),
    })
  }
}

/** As if all tasks took the same; `null` until that means something. */
const leftMs = (elapsedMs: number, done: number, tasks: number): number | null =>
  elapsedMs < TELLING_MS || done === 0 || done > tasks ? null : Math.round((elapsedMs * (tasks - done)) / done)
