import type { ProgramNeeds } from '../hosts/serverless/needs.ts'
import { hasQueue } from '../hosts/serverless/needs.ts'
import type { StagePlace } from '../hosts/serverless/place.ts'
import { tickPace } from '../model/tick-pace.ts'
import { containerIsCheaperFrom, costPerDay, type Workload } from './cost.ts'
import { count, span } from './units.ts'

type Needs = Pick<ProgramNeeds, 'intervalMs' | 'byEvents' | 'receivers'>

/** What a deploy makes, how it is set up, and what that costs, line by line. Pure. */
export function stageLines(
  place: StagePlace,
  needs: Needs,
  { workload, rate, isThere }: { readonly workload: Workload; readonly rate: number | null; readonly isThere: boolean },
): string[] {
  const made = partsOf(place, needs).join(', ')
  const sizes = (['coordinator', 'task', 'output'] as const)
    .map((name) => `${name} ${place.memorySize[name]} MB, ${place.timeout[name]} s`)
    .join(' · ')
  return [
    isThere ? `  creates    nothing new: ${made} stay` : `  creates    ${made}`,
    `  settings   ${paceOf(needs)} · ${place.slots} tasks at once`,
    `             ${sizes}`,
    ...costLines(workload, rate),
  ]
}

function partsOf({ alarms }: StagePlace, needs: Needs): string[] {
  const queues = hasQueue(needs) ? 'queues of ticks and of dead ticks' : 'queue of dead ticks'
  const functions = `${4 + needs.receivers.length} functions with a role each`
  const schedules = `${2 + needs.receivers.length} schedules`
  return [functions, 'table', 'bucket', schedules, queues, ...(alarms ? ['5 alarms'] : [])]
}

function paceOf({ intervalMs, byEvents }: Needs): string {
  if (byEvents) return `batches by events, at least ${span(intervalMs)} apart`
  const interval = `interval ${span(intervalMs)}`
  switch (tickPace(intervalMs)) {
    case 'schedule':
      return `${interval}, ticks by the schedule`
    case 'queue':
      return `${interval}, ticks by a queue`
    case 'stay':
      return `${interval}, the coordinator stays`
  }
}

function costLines(workload: Workload, rate: number | null): string[] {
  const idle = dollars(costPerDay({ ...workload, recordsPerSecond: 0 }))
  const at = rate === null ? '' : `${dollars(costPerDay(workload))} at ${count(rate)} records/s, `
  const from = containerIsCheaperFrom(workload)
  return [
    `  cost       about ${at}${idle} a day idle, sources apart; list prices, an estimate`,
    from === 0
      ? '             a container that runs all day is cheaper at every rate: sluice run'
      : `             a container that runs all day is cheaper from about ${count(from)} records/s on`,
  ]
}

const dollars = (amount: number): string => `$${amount.toFixed(2)}`
