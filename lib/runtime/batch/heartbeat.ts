import { heartbeatMs } from '../../checkpoint/decide.ts'
import type { HeadWriter } from '../../checkpoint/head-writer.ts'
import type { Clock } from '../../host/clock.ts'
import { SILENT_MS } from '../../model/head.ts'
import { hasCode } from '../../model/errors.ts'

interface Heart {
  readonly writer: HeadWriter
  readonly clock: Clock
  /** Another coordinator has taken over: what is under way is of no use. */
  readonly onFenced: (error: unknown) => void
}

/**
 * Does `work`, and gives a sign of life whenever the head has not been written for a third of its lease, so that a
 * batch may take longer than a coordinator is believed to live in silence. One that stays unanswered is not the end:
 * the next write of the batch finds out what is true.
 */
export async function withHeartbeat<R>({ writer, clock, onFenced }: Heart, work: () => Promise<R>): Promise<R> {
  const over = new AbortController()
  const beat = async (): Promise<void> => {
    for (;;) {
      const everyMs = writer.isSilent ? SILENT_MS : heartbeatMs(writer.head)
      const silentMs = clock.now() - writer.writtenAt
      // A clock that was set back must not keep the heart from beating.
      await clock.sleepUntil(clock.now() + Math.max(1, Math.min(everyMs, everyMs - silentMs)), over.signal, 'idle')
      if (over.signal.aborted) return
      if (clock.now() - writer.writtenAt < everyMs) continue
      try {
        await writer.renew()
      } catch (error) {
        if (hasCode(error, 'E_FENCED')) return onFenced(error)
      }
    }
  }
  const beating = beat()
  try {
    return await work()
  } finally {
    // A reason given spares the making of an error, with every batch.
    over.abort('the work is done')
    await beating
  }
}
