import type { Clock } from '../../host/clock.ts'

/** How long an idle receiver saves up what it may receive. */
const SAVED_MS = 1000

/** Spreads records evenly over time. A record is always taken; the next ones wait longer for it. */
export class RateLimiter {
  readonly #clock: Clock
  readonly #maxRate: number
  #rate: number
  #nextFree: number

  /** Rates in records per second; 0 or less means no limit. */
  constructor(clock: Clock, maxRate: number, initialRate: number) {
    this.#clock = clock
    this.#maxRate = maxRate > 0 ? maxRate : Infinity
    this.#rate = Math.min(initialRate > 0 ? initialRate : Infinity, this.#maxRate)
    this.#nextFree = clock.now()
  }

  /** Never above the configured maximum; not positive: ignored. */
  updateRate(rate: number): void {
    if (rate > 0) this.#rate = Math.min(rate, this.#maxRate)
  }

  take(records: number): void {
    if (this.#rate === Infinity) return
    this.#nextFree = Math.max(this.#nextFree, this.#clock.now() - SAVED_MS) + (records * 1000) / this.#rate
  }

  /** When the next record may come, in ms since the epoch; in the past when it may come now. */
  get freeAt(): number {
    return this.#rate === Infinity ? -Infinity : this.#nextFree
  }
  get isFree(): boolean {
    return this.#rate === Infinity || this.#nextFree <= this.#clock.now()
  }
}
