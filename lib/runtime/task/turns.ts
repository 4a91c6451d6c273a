import type { Clock } from '../../host/clock.ts'

/** So many partitions may be read from memory without a turn for anything else in the process. */
const TURN_AFTER = 32

/** Lets the rest of the process, signs of life and signals, have its turn while partitions wait for nothing. */
export class Turns {
  readonly #clock: Clock
  #ran = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** To be waited for after each partition. */
  next(): Promise<void> | void {
    this.#ran++
    if (this.#ran % TURN_AFTER === 0) return this.#clock.turn?.()
  }
}
