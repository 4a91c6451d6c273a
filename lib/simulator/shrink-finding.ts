import type { Finding } from './campaign.ts'
import type { ListedFault } from './fault-list.ts'
import { type Needed, RECORDS_ALL, shrink } from './shrink.ts'
import { simulate } from './simulate.ts'

/** The least that a violation of random faults needs; `null` when the faults as a list do not come to it. */
export async function shrinkFinding({ scenario, violation }: Finding): Promise<Needed | null> {
  const journal: ListedFault[] = []
  await simulate({ ...scenario, journal })
  const fails = async ({ faults: listed, ticks, recordsMax }: Needed): Promise<boolean> =>
    (await simulate({ ...scenario, faults: { listed }, ticks, recordsMax })).violations[0]?.check === violation.check
  const whole = { faults: journal, ticks: scenario.ticks, recordsMax: RECORDS_ALL }
  return (await fails(whole)) ? shrink(whole, fails) : null
}
