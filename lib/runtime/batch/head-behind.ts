import { halted } from '../../checkpoint/transition.ts'
import { hasCode, SluiceError } from '../../model/errors.ts'
import type { HeldApp } from './held-app.ts'
import type { OutputFailure } from '../../output/output-publisher.ts'

/**
 * Whether the sink has shown what is owed: an output that shows each batch exactly once is delivered in order, so that
 * a sink which has taken a later batch that this head knows of has taken the owed one before it. Whoever delivered both
 * did not come to say so.
 */
export const wasShown = ({ writer }: HeldApp, { error }: OutputFailure): boolean =>
  hasCode(error, 'E_SINK_AHEAD') && (error.where.taken ?? Infinity) <= writer.head.committed

/**
 * A sink that has taken a later batch than it is given (rule R3) means one of two things. Either this coordinator was
 * replaced long ago: then the write below is refused, and it stops. Or nobody has replaced it, and the head is older
 * than what the sink holds: it was restored from a backup. Going on would show, under numbers that the sink has seen,
 * nothing at all, until the numbers have caught up. So the app halts, and its batch stays undelivered.
 */
export async function haltIfSinkIsNewer(held: HeldApp, failed: readonly OutputFailure[]): Promise<void> {
  const newer = failed.find(({ error }) => hasCode(error, 'E_SINK_AHEAD'))
  if (!newer) return
  const { head } = held.writer
  const reason =
    `the head went back in time: it is at batch ${head.committed}, and the sink "${newer.output}" has ` +
    'taken a later one'
  await held.writer.write((now) => halted(now, reason), 'halt')
  throw new SluiceError('E_HALTED', `"${head.app}" was halted: ${reason}.`, {
    where: { operator: newer.output, batch: head.committed },
    did: 'the sink was not written; later batches wait',
    next: [
      'restore the sink to the moment of the head as well, then start with --resume',
      'or begin anew into an emptied sink: --fresh',
    ],
    cause: newer.error,
  })
}
