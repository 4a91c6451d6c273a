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

/** Of a program that has lost a folder of its files, thousands of operators may be gone. */
const SAID_MAX = 20

export function refused({ judged }: Comparison, { places }: ProgramFacts): SluiceError {
  const refusals = judged.filter(({ verdict }) => verdict === 'refuse')
  const said = refusals.slice(0, SAID_MAX)
  const more = refusals.length - said.length
  const { uid, code } = worded(said[0]!)
  const place = own(places, uid)
  const sentences = [...said.map(refusalOf), ...(more > 0 ? [`And so for ${more} more operators.`] : [])]
  return new SluiceError(code!, sentences.join('\n'), {
    where: { operator: uid, ...given({ place }) },
    did: 'nothing was started; state and positions are kept',
    next: [...new Set(said.flatMap((each) => worded(each).wayOut))],
  })
}
