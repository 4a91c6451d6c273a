import { given, own } from '../model/given.ts'
import type { EngineEvent } from '../model/events.ts'
import { SluiceError } from '../model/errors.ts'
import type { ProgramFacts } from '../model/program-facts.ts'
import type { Comparison } from './compare-graphs.ts'
import { refusalOf, worded } from './word-difference.ts'

/** What is given up is worth a line on every screen. */
export function changeEvent({ verdict, findings }: Comparison): EngineEvent {
  const dropped = findings
    .filter((finding) => finding.verdict === 'drop')
    .map(({ uid, what, old, new: now }) => `${uid} begins without what it kept (${what}: ${old}, now ${now})`)
  const event = { type: 'program-changed', verdict, findings } as const
  if (dropped.length === 0) return event
  return { ...event, level: 'warn', message: dropped.join('; ') }
}

export function refused({ judged }: Comparison, { places }: ProgramFacts): SluiceError {
  const refusals = judged.filter(({ verdict }) => verdict === 'refuse')
  const { uid, code } = worded(refusals[0]!)
  const place = own(places, uid)
  return new SluiceError(code!, refusals.map(refusalOf).join('\n'), {
    where: { operator: uid, ...given({ place }) },
    did: 'nothing was started; state and positions are kept',
    next: [...new Set(refusals.flatMap((each) => worded(each).wayOut))],
  })
}
