/**
 * Time as the engine sees it. Nothing in the engine asks the operating system for the time: a test, a simulation and a
 * laptop differ only here.
 */
export interface Clock {
  /** Milliseconds since the epoch. May jump; safety never rests on it. */
  now(): number
  /**
   * Resolves once `now()` is at or after `time`, or as soon as `signal` aborts (never rejects). Resolves earlier by the
   * clock, not by the time that passed, where that was set back meanwhile. For `idle` sleepers nobody waits: they keep
   * no process alive, and a clock that jumps to the next sleeper leaves them out.
   */
  sleepUntil(time: number, signal?: AbortSignal, idle?: 'idle'): Promise<void>
  /**
   * Lets everything else in the process have its turn: signs of life, signals. Left out where time is not that of the
   * event loop, and nothing else waits.
   */
  turn?(): Promise<void>
}
