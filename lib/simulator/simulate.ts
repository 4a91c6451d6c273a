import { SeededRandom } from '../adapters/local/seeded-random.ts'
import { type Damaged, damage } from './damage.ts'
import { installAmbient, refusing } from './ambient.ts'
import { checkOutcome } from './checks.ts'
import { Cluster } from './cluster.ts'
import { Journal } from './fault-list.ts'
import type { Job } from './jobs/job.ts'
import { jobSubject } from './jobs/job-subject.ts'
import { loadAll } from '../model/loaded-later.ts'
import { Ports } from './ports.ts'
import { type Course, isLong, logsOf, LONG_ROUGH_MS, paceOf, planOf, startsOf, timesOff } from './course.ts'
import { seedOf } from './seed-of.ts'
import { WatchedStores } from './stores.ts'
import type { Surroundings, Subject, SubjectRun } from './subject.ts'
import { Trace } from './trace.ts'
import { World } from './world.ts'

export interface Scenario extends Course {
  readonly job: Job
}

export interface Violation {
  readonly check: string
  readonly what: string
}

export interface Result {
  readonly violations: readonly Violation[]
  /** Hash of everything that happened. */
  readonly trace: string
  readonly lines: readonly string[]
  /** How often each kind of thing happened. */
  readonly happened: ReadonlyMap<string, number>
  readonly batches: number
  readonly calls: number
  readonly faults: number
  readonly headWrites: number
  readonly puts: number
}

const START = 1_750_000_000_000
/** How long after the last arrival faults go on, and how long the cluster then has to heal; in ms of virtual time. */
const ROUGH_MS = 10_000
const HEAL_MS = 180_000
const STOP_MS = 60_000
/** How long somebody may try to go on from what is damaged. */
const DAMAGE_MS = 4_000
/** Batches that must pass after the last fault, so that sweeps and windows have seen it. */
const CALM_TICKS = 3

/**
 * One run of one job under one plan of faults, from an empty store to a healed cluster, and everything that was wrong
 * with it.
 */
export const simulate = (scenario: Scenario): Promise<Result> => simulateSubject(jobSubject(scenario.job), scenario)

/** One at a time in a process: what the language gives is replaced meanwhile. */
export async function simulateSubject(subject: Subject, course: Course): Promise<Result> {
  await loadAll()
  const world = new World(START + Math.floor(new SeededRandom(course.seed).next() * 5000))
  const trace = new Trace()
  const violations: Violation[] = []
  let isOver = false
  let costs = { headWrites: 0, puts: 0 }
  const report = (check: string, what: string): void => {
    if (!isOver) say(check, what)
  }
  const say = (check: string, what: string): void => {
    trace.add(world.now(), `VIOLATION ${check}: ${what}`)
    violations.push({ check, what })
  }
  const plan = planOf(course, subject)
  const ports = new Ports(world, trace, course.journal ? new Journal(plan, course.journal) : plan)
  const stores = new WatchedStores(report, (shape) => ports.count(shape))
  const logs = logsOf(subject, course, world.now())
  const until = world.now() + (course.ticks + 1) * subject.intervalMs
  const workers = subject.circumstances?.inline ? 0 : course.workers
  const run = subject.begin({ ports, stores, logs, workers, seed: course.seed, until, report })
  const restore = installAmbient(run.ambient ?? refusing)
  try {
    const isWrong = (): boolean => violations.length > 0
    const cluster = await play({
      subject,
      run,
      course: { ...course, workers },
      ports,
      stores,
      logs,
      until,
      report,
      isWrong,
    })
    isOver = true
    costs = { headWrites: [...stores.writes.values()].reduce((a, b) => a + b, 0), puts: stores.puts }
    // Workers would know the state that they are given.
    if (!isWrong() && workers === 0 && (course.faults === 'none' || course.faults === 'slow'))
      await checkDamage({ world, cluster, stores, report: say, what: course.faults === 'none' ? 'inline' : 'object' })
  } finally {
    restore()
  }
  return {
    violations,
    trace: trace.hash,
    lines: trace.lines,
    happened: ports.happened,
    batches: stores.manifests.size,
    calls: ports.calls,
    faults: ports.faults,
    ...costs,
  }
}

interface Stage extends Omit<Surroundings, 'workers' | 'seed'> {
  readonly subject: Subject
  readonly run: SubjectRun
  readonly course: Course
  readonly isWrong: () => boolean
}

async function play(stage: Stage): Promise<Cluster> {
  const { subject, run, course, ports, stores, logs, until: arrived, report, isWrong: wrong } = stage
  const { seed, workers, faults } = course
  const { world } = ports
  const isCalm = faults === 'none' || faults === 'slow'
  const isRough = faults === 'random' || (typeof faults === 'object' && 'listed' in faults)
  const random = new SeededRandom(seedOf(`${seed} cluster`))
  const noticesDeath = !isRough || random.next() < 0.5
  const pace = paceOf(subject)
  const cluster = new Cluster({ subject, run, seed, workers, noticesDeath, ports, stores, random, report, pace })
  const reached = (time: number) => (): boolean => {
    const head = stores.current
    return (
      wrong() ||
      (head !== null && head.zeroTime + head.tick * head.intervalMs >= time && head.outDone === head.committed)
    )
  }
  cluster.supervise()
  for (const ms of startsOf(course, arrived - world.now(), pace)) world.after(ms, () => cluster.start())
  const { breaks, pauses } = subject.circumstances ?? {}
  for (const { ms, forMs } of timesOff('breaks', breaks, subject, course)) world.after(ms, () => cluster.rest(forMs))
  for (const { ms, forMs } of timesOff('pauses', pauses, subject, course)) world.after(ms, () => cluster.pause(forMs))
  await world.run(
    isRough ? wrong : reached(arrived),
    arrived + (isLong(subject, seed) ? LONG_ROUGH_MS : ROUGH_MS) * pace,
  )

  ports.heal()
  if (!isCalm) cluster.killAll()
  const goal = Math.max(arrived, world.now()) + CALM_TICKS * subject.intervalMs
  const healed = await world.run(reached(goal), goal + HEAL_MS * pace)
  if (!healed)
    report(
      'liveness',
      `no batch of ${goal} was committed and delivered ${HEAL_MS * pace} ms after the last fault; the head ` +
        `holds ${JSON.stringify(stores.current)?.slice(0, 400)}`,
    )
  // Who lives for a few batches, or not for a whole one, only sweeps what an earlier life has left.
  const { handover, lifeMs } = subject.circumstances ?? {}
  if (!wrong() && isCalm && handover === undefined && lifeMs === undefined) await checkLeftovers(world, stores, report)
  // Once more from the start, as after a single fault: what is owed is delivered then.
  if (!wrong() && (isRough || isCalm)) await restartOnce(world, cluster, stores, HEAL_MS * pace + subject.intervalMs)
  cluster.stop()
  await world.run(() => wrong() || stores.current?.holder === null, world.now() + STOP_MS * pace)
  cluster.killAll()
  if (!wrong() && stores.current?.holder !== null) report('liveness', 'the head was not released by a clean stop')
  if (!wrong()) await checkOutcome({ stores, logs, isAllOf: (log) => run.isAllOf?.(log) ?? true }, report)
  if (!wrong()) await run.judge()
  if (!wrong() && faults === 'none') checkCost(stores, report, subject)
  return cluster
}

async function restartOnce(world: World, cluster: Cluster, stores: WatchedStores, patienceMs: number): Promise<void> {
  cluster.killAll()
  const { epoch, committed } = stores.current!
  const again = (): boolean =>
    stores.current!.epoch > epoch &&
    stores.current!.committed >= committed + 2 &&
    stores.current!.outDone === stores.current!.committed
  await world.run(again, world.now() + patienceMs)
}

/** What a batch may cost when nothing goes wrong. */
function checkCost(stores: WatchedStores, report: (check: string, what: string) => void, { app }: Subject): void {
  const batches = stores.manifests.size
  const perBatch = (stores.writes.get('commit') ?? 0) + (stores.writes.get('mark') ?? 0)
  if (perBatch > 3 * batches) report('cost', `${perBatch} head writes for ${batches} batches`)
  if (app === 'job-a' && stores.puts > 0 && stores.puts > 2 * batches)
    report('cost', `${stores.puts} objects for ${batches} batches`)
}

/** Nobody goes on from state of which a bit has changed. */
async function checkDamage({
  world,
  cluster,
  stores,
  report,
  what,
}: Pick<Stage, 'stores' | 'report'> & {
  readonly world: World
  readonly cluster: Cluster
  readonly what: Damaged
}): Promise<void> {
  const { committed } = stores.current!
  if (!(await damage(stores, what))) return
  cluster.start()
  await world.run(() => stores.current!.committed > committed, world.now() + DAMAGE_MS)
  cluster.killAll()
  if (stores.current!.committed > committed)
    report('damage', `batch ${committed + 1} was committed on top of state of which a bit has changed (${what})`)
}

/** Nothing may pile up while a coordinator runs: what a batch leaves behind goes when the floor has passed it. */
async function checkLeftovers(
  world: World,
  stores: WatchedStores,
  report: (check: string, what: string) => void,
): Promise<void> {
  await world.run(() => false, world.now() + 500)
  const leftovers = await stores.leftovers()
  if (leftovers.length > 0)
    report(
      'leftovers',
      `${leftovers.length} objects at or below the floor are needed by nobody and were not deleted, for ` +
        `example ${leftovers[0]}`,
    )
}
