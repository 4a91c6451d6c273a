/** When to stop waiting: the given time, and whoever delivers. */
interface Bounds {
  readonly ms?: number
  /** What is thrown once `ms` have passed. */
  readonly late?: () => Error
  /** Its reason is thrown when it aborts. */
  readonly signal?: AbortSignal | undefined
}

/**
 * What `work` comes to, or an error as soon as a bound is reached. The work itself knows nothing of that: who leaves it
 * behind sees to it that it can do no harm.
 */
export async function inTime<R>(work: Promise<R>, { ms, late, signal }: Bounds): Promise<R> {
  const timeout = ms === undefined ? null : AbortSignal.timeout(ms)
  const ends = AbortSignal.any([timeout, signal].filter((each) => each instanceof AbortSignal))
  const { promise, reject } = Promise.withResolvers<never>()
  const giveUp = (): void => reject(timeout?.aborted ? late!() : (signal!.reason as Error))
  if (ends.aborted) giveUp()
  ends.addEventListener('abort', giveUp)
  try {
    return await Promise.race([work, promise])
  } finally {
    ends.removeEventListener('abort', giveUp)
  }
}
