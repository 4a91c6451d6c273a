import { applies, FAULTS, NoFaults, type PortCall } from './faults.ts'
import type { Job } from './jobs/job.ts'
import { jobs } from './jobs/jobs.ts'
import { type Result, type Scenario, simulate, type Violation } from './simulate.ts'

export interface Finding {
  readonly scenario: Scenario
  readonly violation: Violation
  readonly lines: readonly string[]
}

/** What a set of runs did, together. */
export class Tally {
  runs = 0
  batches = 0
  calls = 0
  readonly happened = new Map<string, number>()
  readonly findings: Finding[] = []

  add(scenario: Scenario, result: Result): void {
    this.runs++
    this.batches += result.batches
    this.calls += result.calls
    for (const [shape, count] of result.happened) this.happened.set(shape, (this.happened.get(shape) ?? 0) + count)
    const violation = result.violations[0]
    if (violation) this.findings.push({ scenario, violation, lines: result.lines })
  }

  /** Shapes that never came up: a set of runs without them has not tested what it claims. */
  missing(shapes: readonly string[]): string[] {
    return shapes.filter((shape) => !this.happened.has(shape))
  }
}

/** What many random runs together must have met. */
export const SHAPES: readonly string[] = [
  'takeover',
  'takeover while the old one runs',
  'fenced',
  'lost commit reply',
  'output repeated',
  'zombie output',
  'fence refused',
  'output owed',
  'batch failed',
  'task retried',
  'worker died',
  'lost-object blobs',
  'late head',
  'late blobs',
  'late sink',
  'late launcher',
  'twice head',
  'twice sink',
  'twice launcher',
  'crash-before head',
  'crash-after head',
  'crash-after sink',
  'throttled head',
  'throttled source',
  'pause-before head',
  'pause-after blobs',
]

/** What the jobs with other sources, sinks, lives and places together must have met. @testing */
export const FURTHER_SHAPES: readonly string[] = [
  'break',
  'busy',
  'handover',
  'sink away',
  'table refused',
  'item refused',
  'message not taken',
  'message repeated',
  'shown before its commit',
  'output owed',
  'output process died',
  'letters retry',
  'letters of outputs',
  'task retried',
  'twice blobs',
  'late launcher',
]

interface Limits {
  /** Called after each run; `false` ends the campaign. */
  readonly onRun?: (tally: Tally) => boolean
}

export const WORKERS = 3

/**
 * Every kind of fault at every call of a short run of a job, one at a time. `stride` takes every n-th pair of call and
 * fault only.
 */
export async function singleFaults(
  job: Job,
  workers: number,
  tally: Tally,
  { onRun = () => true }: Limits = {},
  stride = 1,
): Promise<void> {
  // One whose records fill objects of their own: most calls, and all kinds.
  const seed = 10
  const calls = await callsOf(job, workers, seed)
  let pair = 0
  for (const [call, made] of calls.entries()) {
    for (const fault of FAULTS) {
      if (!applies(fault, made) || pair++ % stride !== 0) continue
      const scenario: Scenario = { job, seed, workers, faults: { call, fault }, ticks: TICKS_SHORT }
      tally.add(scenario, await simulate(scenario))
      if (!onRun(tally)) return
    }
  }
}

const TICKS_SHORT = 3

/** The calls of the run that single faults are put into. */
async function callsOf(job: Job, workers: number, seed: number): Promise<PortCall[]> {
  const calls: PortCall[] = []
  const listening = new (class extends NoFaults {
    override strike(call: PortCall): null {
      calls.push(call)
      return null
    }
  })()
  await simulate({ job, seed, workers, faults: listening, ticks: TICKS_SHORT })
  return calls
}

/** Seeds `from` to `to`, exclusive: many faults, over all jobs, inside the coordinator and on workers by turns. */
export async function randomFaults(
  from: number,
  to: number,
  tally: Tally,
  { onRun = () => true }: Limits = {},
  only: readonly Job[] = jobs,
): Promise<void> {
  for (let seed = from; seed < to; seed++) {
    const scenario = scenarioOf(seed, only)
    const result = await simulate(scenario)
    tally.add(scenario, seed % 100 === 0 ? await again(scenario, result) : result)
    if (!onRun(tally)) return
  }
}

export const scenarioOf = (seed: number, only: readonly Job[] = jobs): Scenario => ({
  job: only[seed % only.length],
  seed,
  workers: Math.floor(seed / only.length) % 2 === 0 ? 0 : WORKERS,
  faults: 'random',
  ticks: ticksOf(only[seed % only.length], 8 + (seed % 9)),
})

/** Intervals in which records arrive: `usual`, or as many as the job needs to get interesting. */
export const ticksOf = ({ name }: Job, usual: number): number => TICKS[name] ?? usual

const TICKS: Readonly<Record<string, number>> = {
  d: 170,
  breaks: 30,
  pauses: 30,
  timed: 30,
  seen: 30,
  'owed-window': 30,
}

/** The same once more: what a seed does may depend on nothing else. */
async function again(scenario: Scenario, first: Result): Promise<Result> {
  const second = await simulate(scenario)
  if (first.trace === second.trace) return first
  return {
    ...first,
    violations: [
      ...first.violations,
      { check: 'determinism', what: `two runs of one seed differ: ${first.trace} and ${second.trace}` },
    ],
  }
}
