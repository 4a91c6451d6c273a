import type { BatchNumber } from '../model/ids.ts'
import { SluiceError } from '../model/errors.ts'
import type { Delivery } from './sink.ts'

/**
 * The rule of every sink that remembers, per app, incarnation, sink and partition, the last batch it took. The memory
 * and the records change in one transaction, so a batch that is delivered again, late, or by two processes at once
 * changes nothing the second time.
 */
type FenceDecision = 'apply' | 'already-applied' | 'newer'

/** `last`: what the sink remembers; `null` before the first batch of an incarnation. */
export function decideFence(last: number | null, batch: BatchNumber): FenceDecision {
  if (last === null || last < batch) return 'apply'
  return last === batch ? 'already-applied' : 'newer'
}

/**
 * The sink has taken a later batch than the one it is given. Either this delivery comes from a process that was
 * replaced long ago, and then nobody reads this error, or the app's checkpoint is older than what the sink holds. The
 * two cannot be told apart from here, and neither may write.
 */
export const sinkIsNewer = ({ sink, partition, batch }: Delivery, last: number, place: string): SluiceError =>
  new SluiceError(
    'E_SINK_AHEAD',
    `${place} has taken batch ${last} of "${sink}" already and was given batch ${batch}.`,
    {
      where: { operator: sink, partition, batch, taken: last },
      did: 'nothing was written',
      next: [
        'if the checkpoint directory was restored from a backup, restore the sink to the same moment as well',
        'to produce everything again into an emptied sink, start the app anew: a new incarnation has a fence ' +
          'of its own',
      ],
    },
  )
