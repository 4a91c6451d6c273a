import { SeededRandom } from '../adapters/local/seeded-random.ts'
import { type ListedFault, ListedFaults } from './fault-list.ts'
import { type Fault, type FaultPlan, NoFaults, RandomFaults, SingleFault, SlowCalls } from './faults.ts'
import { seedOf } from './seed-of.ts'
import type { SimLog } from './sim-source.ts'
import type { Subject } from './subject.ts'

/** What can go wrong in a run: all that a seed draws, one thing, or what a list says. */
type Faults =
  | 'none'
  /** Calls take their time; nothing fails. */
  | 'slow'
  | 'random'
  | { readonly call: number; readonly fault: Fault }
  | { readonly listed: readonly ListedFault[] }
  | FaultPlan

export interface Course {
  readonly seed: number
  /** 0: tasks run inside the coordinator; more: stages, workers and shuffle blocks. */
  readonly workers: number
  readonly faults: Faults
  /** Intervals in which records arrive. */
  readonly ticks: number
  /** Most records of one partition in one interval. */
  readonly recordsMax?: number
  /** Takes down what went wrong. */
  readonly journal?: ListedFault[]
}

/** In one run of five, longer than the lease of a process that stands still: somebody takes over while it lives. */
export const LONG_ROUGH_MS = 75_000

export const isLong = ({ isBrief }: Subject, seed: number): boolean =>
  !isBrief && new SeededRandom(seedOf(`${seed} rough`)).next() < 0.2

/**
 * Times above are for intervals of up to three seconds; with longer ones leases are longer, and so is everything else.
 */
export const paceOf = ({ intervalMs }: Subject): number => Math.max(1, intervalMs / 3000)

export function planOf({ faults, seed }: Course, subject: Subject): FaultPlan {
  const pace = paceOf(subject)
  const timing = (): SeededRandom => new SeededRandom(seedOf(`${seed} timing`))
  if (faults === 'none') return new NoFaults()
  if (faults === 'slow') return new SlowCalls(timing())
  if (faults === 'random')
    return new RandomFaults(
      new SeededRandom(seed ^ 0x5bd1e995),
      timing(),
      pace,
      ...(isLong(subject, seed) ? [LONG_ROUGH_MS] : []),
    )
  if ('listed' in faults) return new ListedFaults(faults.listed, timing())
  return 'call' in faults ? new SingleFault(faults.call, faults.fault) : faults
}

/**
 * Records spread over the run; some intervals bring nothing, some much. Each partition draws for itself, so that a
 * shorter run begins like a longer one.
 */
export function logsOf(
  subject: Subject,
  { seed, ticks, recordsMax = Infinity }: Course,
  from: number,
): Map<string, SimLog> {
  const logs = new Map<string, SimLog>()
  for (const [name, count] of Object.entries(subject.sources)) {
    const partitions = Array.from({ length: count }, (_, p) => {
      const random = new SeededRandom(seedOf(`${seed} ${name}/${p}`))
      const records: { time: number; record: unknown }[] = []
      for (let tick = 0; tick < ticks; tick++) {
        const many = random.next() < 0.15 ? 0 : Math.floor(random.next() ** 2 * 30)
        const times = Array.from({ length: many }, () => from + (tick + random.next()) * subject.intervalMs).sort(
          (a, b) => a - b,
        )
        const arriving = times.map((time) => ({ time, record: subject.record(name, random) }))
        records.push(...arriving.slice(0, recordsMax))
      }
      return records
    })
    logs.set(name, { name, partitions })
  }
  return logs
}

/**
 * Ticks that come twice: when a second coordinator starts although the first one is well, in ms since the beginning.
 */
export function startsOf({ faults, seed, journal }: Course, until: number, pace: number): readonly number[] {
  if (typeof faults === 'object' && 'listed' in faults)
    return faults.listed.flatMap((each) => (each.kind === 'start' ? [each.ms] : []))
  if (faults !== 'random') return []
  const random = new SeededRandom(seedOf(`${seed} starts`))
  const starts: number[] = []
  for (
    let ms = Math.round(random.next() * 20_000 * pace);
    ms <= until;
    ms += Math.round((2000 + random.next() * 20_000) * pace)
  )
    starts.push(ms)
  journal?.push(...starts.map((ms) => ({ kind: 'start' as const, ms })))
  return starts
}

/** When nothing runs, for one reason, and for how long: part of a job, whatever else goes wrong. */
export function* timesOff(
  reason: string,
  longest: number | undefined,
  { intervalMs }: Subject,
  { seed, ticks }: Course,
): Iterable<{ readonly ms: number; readonly forMs: number }> {
  if (longest === undefined) return
  const random = new SeededRandom(seedOf(`${seed} ${reason}`))
  for (let tick = 2 + random.next() * 3; tick < ticks; tick += longest + random.next() * 6)
    yield { ms: Math.round(tick * intervalMs), forMs: Math.round((1 + random.next() * longest) * intervalMs) }
}
