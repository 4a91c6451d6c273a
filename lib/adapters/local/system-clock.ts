import type { Clock } from '../../host/clock.ts'

/** The operating system's clock and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleepUntil(time, signal) {
    // A loop, because a timer may fire early by a fraction and cannot be set further ahead than `timerMax`.
    while (Date.now() < time && signal?.aborted !== true) await nap(Math.min(time - Date.now(), timerMax), signal)
  },
}

/** Node fires longer timers at once. */
const timerMax = 2 ** 31 - 1

const nap = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal?.addEventListener('abort', wake)
  })
