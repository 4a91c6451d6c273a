import type { ProgramFacts } from '../../model/program-facts.ts'
import { readSetting, textsOf } from '../../model/settings/read.ts'
import type { AwsSettings } from './settings.ts'

/**
 * What wakes the coordinator of a program for its batches:
 * - `schedule`: a schedule, once a minute;
 * - `queue`: a message for each batch, which the schedule's invocation sends ahead;
 * - `stay`: nothing; it waits for the batches of its minute;
 * - `events`: whatever happens; the interval is the least distance between two batches.
 */
export type Pacing = 'schedule' | 'queue' | 'stay' | 'events'

const MINUTE_MS = 60_000
/** Below this, to wait costs less than to be woken. */
const QUEUE_MS_MIN = 5000

/** Without a queue a coordinator waits for what comes. */
export function pacingOf(
  { intervalMs, conf }: Pick<ProgramFacts, 'intervalMs' | 'conf'>,
  { tickQueue }: Pick<AwsSettings, 'tickQueue'>,
): Pacing {
  if (readSetting(textsOf(conf), 'sluice.trigger') === 'events') return 'events'
  if (intervalMs >= MINUTE_MS) return 'schedule'
  return tickQueue !== null && intervalMs >= QUEUE_MS_MIN ? 'queue' : 'stay'
}
