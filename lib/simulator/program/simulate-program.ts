import type { OutputNode } from '../../graph/stream-node.ts'
import { validateStart } from '../../api/dstream/validate-start.ts'
import { WORKERS } from '../campaign.ts'
import type { ListedFault } from '../fault-list.ts'
import { type Needed, RECORDS_ALL, shrink } from '../shrink.ts'
import { type Result, simulateSubject, type Violation } from '../simulate.ts'
import { withoutStacks } from '../stackless.ts'
import type { OutputCounts } from './given.ts'
import { ProgramLives } from './program-lives.ts'
import { inputsRead, outputName, type ProgramFacts, programSubject } from './program-subject.ts'
import { type SampleFiles, samplersOf } from './samples.ts'
import { runsItself } from './watched-outputs.ts'

export interface ProgramCampaign {
  readonly url: string
  readonly files: SampleFiles
  readonly seed: number
  readonly seeds: number
  /** Intervals in which records arrive; by the seed if it is left out. */
  readonly ticks: number | null
  readonly recordsMax: number | null
  /** One run with exactly these. */
  readonly faults: readonly ListedFault[] | null
  readonly onLoaded?: (app: string) => void
  readonly onRun?: (totals: Totals) => void
}

export interface Totals {
  runs: number
  batches: number
  faults: number
  readonly shapes: Map<string, number>
}

export interface OutputReport extends OutputCounts {
  readonly output: string
  readonly kind: string
  readonly place: string
  readonly guarantee: string
  /** The program's own code ran; otherwise the library's stood still, because it would have reached outside. */
  readonly ran: boolean
  /** Whether the program says how to look at what it shows. */
  readonly looked: boolean
}

export interface ProgramFinding {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly needed: Needed
  /** Faults, intervals and records as they were before anything was taken away. */
  readonly found: Needed
  /** Where functions of the program ask for time or randomness while batches run: `app.ts:9:40 Math.random()`. */
  readonly asked: readonly string[]
}

export interface ProgramReport {
  readonly app: string
  readonly totals: Totals
  readonly outputs: readonly OutputReport[]
  readonly finding: ProgramFinding | null
}

/**
 * Runs a program under random faults, seed by seed, until one run comes to something else than without them; then finds
 * the least that this needs.
 */
export async function simulateProgram(campaign: ProgramCampaign): Promise<ProgramReport> {
  const lives = await ProgramLives.load(campaign.url)
  const context = lives.first.build()
  validateStart(context)
  const { graph } = context
  const counts = new Map<string, OutputCounts>(
    graph.outputs.map((node) => [node.uid, { given: 0, again: 0, unsafe: false }]),
  )
  const asked = new Set<string>()
  const facts: ProgramFacts = {
    lives,
    samplers: samplersOf(inputsRead(graph), campaign.files, lives.simulation),
    counts,
    asked: (place, what) => asked.add(`${place} calls ${what}`),
  }
  campaign.onLoaded?.(lives.first.name)
  const totals: Totals = { runs: 0, batches: 0, faults: 0, shapes: new Map() }
  const restore = withoutStacks()
  let finding: ProgramFinding | null
  try {
    finding = await firstFinding(campaign, facts, totals)
  } finally {
    restore()
  }
  // Once more with stacks: only they say where in the program something was asked or thrown.
  if (finding) {
    const { violations } = await once(facts, finding.seed, finding.needed)
    if (violations.length > 0) finding = { ...finding, violations }
  }
  const looks = lives.simulation.shown ?? {}
  return {
    app: lives.first.name,
    totals,
    outputs: graph.outputs.map((node) => outputReport(node, counts.get(node.uid)!, outputName(node) in looks)),
    finding: finding && { ...finding, asked: [...asked] },
  }
}

async function firstFinding(
  campaign: ProgramCampaign,
  facts: ProgramFacts,
  totals: Totals,
): Promise<ProgramFinding | null> {
  for (let seed = campaign.seed; seed < campaign.seed + campaign.seeds; seed++) {
    const journal: ListedFault[] = []
    const ticks = campaign.ticks ?? 8 + (seed % 9)
    const recordsMax = campaign.recordsMax ?? RECORDS_ALL
    const faults = campaign.faults ? { listed: campaign.faults } : 'random'
    const result = await run(facts, { seed, workers: workersOf(seed), faults, ticks, recordsMax, journal })
    count(totals, result)
    campaign.onRun?.(totals)
    if (result.violations.length > 0)
      return findingOf(facts, seed, { faults: campaign.faults ?? journal, ticks, recordsMax }, result.violations)
  }
  return null
}

async function findingOf(
  facts: ProgramFacts,
  seed: number,
  found: Needed,
  violations: readonly Violation[],
): Promise<ProgramFinding> {
  const { check } = violations[0]
  const needed = await shrink(
    found,
    async (candidate) => (await once(facts, seed, candidate)).violations[0]?.check === check,
  )
  // The same once more, because the processes that the faults hit now have other names than in the run with all of
  // them.
  const journal: ListedFault[] = []
  const again = await once(facts, seed, needed, journal)
  const faults = journal.length === needed.faults.length ? journal : needed.faults
  return {
    seed,
    found,
    needed: { ...needed, faults },
    violations: again.violations.length > 0 ? again.violations : violations,
    asked: [],
  }
}

const once = (
  facts: ProgramFacts,
  seed: number,
  { faults, ticks, recordsMax }: Needed,
  journal: ListedFault[] = [],
): Promise<Result> =>
  run(
    { ...facts, counts: new Map([...facts.counts.keys()].map((uid) => [uid, { given: 0, again: 0, unsafe: false }])) },
    { seed, workers: workersOf(seed), faults: { listed: faults }, ticks, recordsMax, journal },
  )

async function run(facts: ProgramFacts, course: Parameters<typeof simulateSubject>[1]): Promise<Result> {
  await facts.lives.simulation.reset?.()
  return simulateSubject(programSubject(facts), course)
}

/** Inside the coordinator and on workers by turns. */
const workersOf = (seed: number): number => (seed % 2 === 0 ? 0 : WORKERS)

function count(totals: Totals, { batches, faults, happened }: Result): void {
  totals.runs++
  totals.batches += batches
  totals.faults += faults
  for (const [shape, times] of happened) totals.shapes.set(shape, (totals.shapes.get(shape) ?? 0) + times)
}

const outputReport = (node: OutputNode, counts: OutputCounts, looked: boolean): OutputReport => ({
  output: node.uid,
  kind: node.operator,
  place: node.place,
  guarantee: node.output.guarantee,
  ran: runsItself(node),
  looked,
  ...counts,
})
