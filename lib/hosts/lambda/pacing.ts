import type { ProgramFacts } from '../../model/program-facts.ts'
import { readSetting, textsOf } from '../../model/settings/read.ts'
import { type TickPace, tickPace } from '../../model/tick-pace.ts'
import type { AwsSettings } from './settings.ts'

/** What wakes the coordinator of a program; `events`: whatever happens, and the interval is the least between two. */
export type Pacing = TickPace | 'events'

/** Without a queue a coordinator waits for what comes. */
export function pacingOf(
  { intervalMs, conf }: Pick<ProgramFacts, 'intervalMs' | 'conf'>,
  { tickQueue }: Pick<AwsSettings, 'tickQueue'>,
): Pacing {
  if (readSetting(textsOf(conf), 'sluice.trigger') === 'events') return 'events'
  const pace = tickPace(intervalMs)
  return pace === 'queue' && tickQueue === null ? 'stay' : pace
}
