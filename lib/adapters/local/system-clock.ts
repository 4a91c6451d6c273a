import type { Clock } from '../../host/clock.ts'

/**
 * The operating system's clock and timers. How long to sleep is settled when the sleep begins: a clock that is set back
 * meanwhile does not make it longer, and one that is set forward ends it at the next timer.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleepUntil(time, signal, idle) {
    const end = performance.now() + (time - Date.now())
    // A loop, because a timer may fire early by a fraction and cannot be set further ahead than `timerMax`.
    while (Date.now() < time && signal?.aborted !== true) {
      const left = Math.min(time - Date.now(), end - performance.now())
      // Behind the end by a fraction, the clock is only not exact; behind it by more, it was set back.
      if (left <= -SET_BACK_MS) return
      await nap(Math.max(1, Math.min(left, timerMax)), signal, idle)
    }
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
}

/** By so much the two clocks of a machine may drift apart within a sleep. */
const SET_BACK_MS = 250

/** Node fires longer timers at once. */
const timerMax = 2 ** 31 - 1

const nap = (ms: number, signal: AbortSignal | undefined, idle: 'idle' | undefined): Promise<void> =>
  new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    if (idle) timer.unref()
    signal?.addEventListener('abort', wake)
  })
