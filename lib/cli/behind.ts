import { count, span } from './units.ts'

/** A few intervals are made up for by the next short batches. */
const BEHIND_MIN = 5

/**
 * Tells when batches fall behind their times, and again each time that this has doubled: a run that never catches up
 * would otherwise look like one that works. What the first batch finds is a break's, which is announced as such; that
 * it is made up for is not said.
 */
export class Behind {
  readonly #intervalMs: number
  #said = 0
  #before = Infinity

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs
  }

  /** What is to be said behind a batch that began so late. */
  take(delayMs: number): string | null {
    const behind = Math.floor(delayMs / this.#intervalMs)
    const isGrowing = behind > this.#before
    this.#before = behind
    if (behind < BEHIND_MIN) return this.#caughtUp()
    if (!isGrowing || behind < Math.max(BEHIND_MIN, 2 * this.#said)) return null
    this.#said = behind
    return (
      `${count(behind)} batches behind, growing: they take longer than their interval of ${span(this.#intervalMs)}. ` +
      'A longer interval, --workers <n>, or spark.streaming.backpressure.enabled=true lets them keep up'
    )
  }

  #caughtUp(): string | null {
    const was = this.#said
    this.#said = 0
    return was === 0 ? null : 'no longer behind'
  }
}
