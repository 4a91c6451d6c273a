import type { Clock } from '../../host/clock.ts'

/** Time that passes only when a test says so. */
export class ManualClock implements Clock {
  #now: number
  #sleepers: Sleeper[] = []

  /** `start` in milliseconds since the epoch. */
  constructor(start = 0) {
    this.#now = start
  }

  /** Ms since the epoch. */
  now(): number {
    return this.#now
  }

  /** How many sleep now: a test that sees its number here knows that advancing will wake somebody. */
  get waiting(): number {
    return this.#sleepers.length
  }

  /** Resolves when `advance` has come to `time`, or `signal` aborts. */
  sleepUntil(time: number, signal?: AbortSignal): Promise<void> {
    if (time <= this.#now || signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        time,
        wake: () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
          signal?.removeEventListener('abort', sleeper.wake)
          resolve()
        },
      }
      signal?.addEventListener('abort', sleeper.wake)
      this.#sleepers.push(sleeper)
    })
  }

  /** Jumps to `time`, also backwards, and wakes whoever is due, earliest first. Nobody has run yet when it returns. */
  set(time: number): void {
    this.#now = time
    for (let due = this.#due(time); due !== undefined; due = this.#due(time)) due.wake()
  }

  /**
   * Lets `ms` milliseconds pass. Stops at each sleeper's time, so that a sleeper reads the time it asked for, and lets
   * all promise work run before it goes on, so that who sleeps again within the span wakes again within it.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await promisesSettled()
    for (let due = this.#due(end); due !== undefined; due = this.#due(end)) {
      this.#now = Math.max(this.#now, due.time)
      due.wake()
      await promisesSettled()
    }
    this.#now = Math.max(this.#now, end)
  }

  /** The earliest sleeper at or before `time`; the one that came first, of those. */
  #due(time: number): Sleeper | undefined {
    let first: Sleeper | undefined
    for (const sleeper of this.#sleepers)
      if (sleeper.time <= time && (first === undefined || sleeper.time < first.time)) first = sleeper
    return first
  }
}

interface Sleeper {
  readonly time: number
  readonly wake: () => void
}

/** One turn of the event loop: every promise that can resolve without input or output has. */
const promisesSettled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
