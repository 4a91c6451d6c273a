import type { BatchWatch, WatchedBatch } from '../../host/batch-watch.ts'
import type { Clock } from '../../host/clock.ts'
import type { Log } from '../../host/log.ts'

/** Nothing is said of batches that are done by then. */
const LONG_MS = 2000
/** How often something is said of a longer one. */
const EVERY_MS = 1000
/** From then on something can be told from what is done. */
const TELLING_MS = 5000
/** So much of a batch must be read by then. */
const TELLING_SHARE = 0.1

/** Says how far a batch has come that takes long. */
export class LongBatches implements BatchWatch {
  readonly #clock: Clock
  readonly #log: Log
  #batch: (() => WatchedBatch) | null = null
  #beganAt = 0
  #saidAt = 0
  #done = 0
  #read = 0
  #readAt = 0
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
    this.#readAt = this.#clock.now()
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
      leftMs: leftMs(elapsedMs, this.#readAt - this.#beganAt, this.#read, records),
    })
  }
}

/**
 * As if all records took the same as those that were read by `readMs`: tasks tell nothing, since one may have as much
 * to do as all others. `null` until that means something, and once all are read: what is left then is not reading.
 */
function leftMs(elapsedMs: number, readMs: number, read: number, records: number | null): number | null {
  if (records === null || elapsedMs < TELLING_MS || read < TELLING_SHARE * records || read >= records) return null
  const left = Math.round((readMs * records) / read - elapsedMs)
  return left > 0 ? left : null
}
