import type { Clock } from '../host/clock.ts'
import { SluiceError } from '../model/errors.ts'

/**
 * How long a task may take: it gives up by itself, while there is time to say so and to come to rest. What a function
 * has begun when it answers would go on within its next call. Times in ms since the epoch.
 */
export interface TimeLimit {
  readonly began: number
  readonly stopAt: number
  /** What has been begun has come to rest by then, or `abandon` is called. */
  readonly endAt: number
  /** Aborts at `stopAt`, with what `outOfTime` says. */
  readonly signal: AbortSignal
  /** Ends the process, with all that goes on in it. */
  abandon(): void
}

/** The time that work has got which is over at `endAt`, and a signal that aborts it before; `over` ends the wait. */
export function timeLimit(
  clock: Clock,
  { stopAt, endAt }: Pick<TimeLimit, 'stopAt' | 'endAt'>,
  over: AbortSignal,
  abandon: () => void,
): TimeLimit {
  const began = clock.now()
  const abort = new AbortController()
  void clock.sleepUntil(stopAt, over, 'idle').then(() => {
    if (!over.aborted) abort.abort(outOfTime({ began, stopAt }))
  })
  return { began, stopAt, endAt, signal: abort.signal, abandon }
}

/** Between two pieces of work, where no timer comes through: throws `E_TASK_TIMEOUT` when the time is over. */
export function assertInTime(limit: TimeLimit, clock: Clock): void {
  if (clock.now() >= limit.stopAt) throw outOfTime(limit)
}

/** What `work` comes to, at `endAt` at the latest. It must heed the signal of the limit. */
export async function inTime<R>(work: Promise<R>, limit: TimeLimit, clock: Clock): Promise<R> {
  const over = new AbortController()
  const end = clock.sleepUntil(limit.endAt, over.signal, 'idle').then((): typeof END => END)
  try {
    const first = await Promise.race([work, end])
    if (first !== END) return first
    limit.abandon()
    throw outOfTime(limit)
  } finally {
    over.abort()
  }
}

const END = Symbol('end')

export const outOfTime = ({ began, stopAt }: Pick<TimeLimit, 'began' | 'stopAt'>): SluiceError =>
  new SluiceError('E_TASK_TIMEOUT', `What was begun was not done within ${(stopAt - began) / 1000} s.`, {
    did: 'it stopped, and nothing of this attempt was used',
    retry: true,
    next: [
      'give the function a longer timeout or more memory, or let more tasks share the work',
      'look for a function of the program that does not come to an end',
    ],
  })
