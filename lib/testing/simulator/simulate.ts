import { SeededRandom } from '../../local/seeded-random.ts'
import { checkOutcome } from './checks.ts'
import { Cluster } from './cluster.ts'
import { type FaultPlan, NoFaults, RandomFaults, SingleFault, type Fault } from './faults.ts'
import type { Job } from './jobs/job.ts'
import { Ports } from './ports.ts'
import type { SimLog } from './sim-source.ts'
import { SimSinks } from './sim-sinks.ts'
import { WatchedStores } from './stores.ts'
import { Trace } from './trace.ts'
import { World } from './world.ts'

export interface Scenario {
  readonly job: Job
  readonly seed: number
  /** 0: tasks run inside the coordinator; more: stages, workers and shuffle blocks. */
  readonly workers: number
  readonly faults: 'none' | 'random' | { readonly call: number; readonly fault: Fault } | FaultPlan
  /** Intervals in which records arrive. */
  readonly ticks: number
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
  readonly headWrites: number
  readonly puts: number
}

const START = 1_750_000_000_000
/** How long after the last arrival faults go on, and how long the cluster then has to heal; in ms of virtual time. */
const ROUGH_MS = 10_000
const HEAL_MS = 180_000
/** Batches that must pass after the last fault, so that sweeps and windows have seen it. */
const CALM_TICKS = 3

/** One run of one job under one plan of faults, from an empty store to a healed cluster, and everything that was wrong with it. */
export async function simulate(scenario: Scenario): Promise<Result> {
  const { job, seed, workers, ticks } = scenario
  const random = new SeededRandom(seed)
  const world = new World(START + Math.floor(random.next() * 5000))
  const trace = new Trace()
  const violations: Violation[] = []
  const report = (check: string, what: string): void => {
    trace.add(world.now(), `VIOLATION ${check}: ${what}`)
    violations.push({ check, what })
  }
  const ports = new Ports(world, trace, planOf(scenario))
  const stores = new WatchedStores(report, (shape) => ports.count(shape))
  const sinks = new SimSinks(ports, stores, report)
  const logs = logsOf(job, random, world.now(), ticks)
  const noticesDeath = scenario.faults !== 'random' || random.next() < 0.5
  const cluster = new Cluster({ job, seed, workers, noticesDeath, ports, stores, sinks, logs, random, report })

  const wrong = (): boolean => violations.length > 0
  const reached = (time: number) => (): boolean => {
    const head = stores.current
    return wrong() || (head !== null && head.zeroTime + head.tick * head.intervalMs >= time && head.outDone === head.committed)
  }
  const arrived = world.now() + (ticks + 1) * job.intervalMs
  cluster.supervise()
  if (scenario.faults === 'random') doubledTicks(world, cluster, random, arrived)
  await world.run(scenario.faults === 'random' ? wrong : reached(arrived), arrived + ROUGH_MS)

  ports.heal()
  if (scenario.faults !== 'none') cluster.killAll()
  const goal = Math.max(arrived, world.now()) + CALM_TICKS * job.intervalMs
  const healed = await world.run(reached(goal), goal + HEAL_MS)
  if (!healed) report('liveness', `no batch of ${goal} was committed and delivered ${HEAL_MS} ms after the last fault; the head holds ${JSON.stringify(stores.current)?.slice(0, 400)}`)
  if (!wrong() && scenario.faults === 'none') await checkLitter(world, stores, report)
  // Once more from the start, as after a single fault: what is owed is delivered then.
  if (!wrong() && typeof scenario.faults === 'string') await restartOnce(world, cluster, stores, job.intervalMs)
  cluster.stop()
  await world.run(() => wrong() || stores.current?.holder === null, world.now() + 60_000)
  cluster.killAll()
  if (!wrong() && stores.current?.holder !== null) report('liveness', 'the head was not released by a clean stop')
  if (!wrong()) await checkOutcome({ job, stores, sinks, logs }, report)
  if (!wrong() && scenario.faults === 'none') checkCost(stores, report, scenario)

  return {
    violations, trace: trace.hash, lines: trace.lines, happened: ports.happened, batches: stores.manifests.size, calls: ports.calls,
    headWrites: [...stores.writes.values()].reduce((a, b) => a + b, 0), puts: stores.puts,
  }
}

function planOf({ faults, seed }: Scenario): FaultPlan {
  if (faults === 'none') return new NoFaults()
  if (faults === 'random') return new RandomFaults(new SeededRandom(seed ^ 0x5bd1e995))
  return 'call' in faults ? new SingleFault(faults.call, faults.fault) : faults
}

/** Records spread over the run; some intervals bring nothing, some much. */
function logsOf(job: Job, random: SeededRandom, from: number, ticks: number): Map<string, SimLog> {
  const logs = new Map<string, SimLog>()
  for (const [name, count] of Object.entries(job.sources)) {
    const partitions = Array.from({ length: count }, () => {
      const records: { time: number; record: unknown }[] = []
      for (let tick = 0; tick < ticks; tick++) {
        const many = random.next() < 0.15 ? 0 : Math.floor(random.next() ** 2 * 30)
        const times = Array.from({ length: many }, () => from + (tick + random.next()) * job.intervalMs).sort((a, b) => a - b)
        for (const time of times) records.push({ time, record: job.record(random) })
      }
      return records
    })
    logs.set(name, { name, partitions })
  }
  return logs
}

/** Ticks that come twice: a second coordinator starts although the first one is well. */
function doubledTicks(world: World, cluster: Cluster, random: SeededRandom, until: number): void {
  const again = (): void => {
    if (world.now() > until) return
    cluster.start()
    world.after(2000 + random.next() * 20_000, again)
  }
  world.after(random.next() * 20_000, again)
}

async function restartOnce(world: World, cluster: Cluster, stores: WatchedStores, intervalMs: number): Promise<void> {
  cluster.killAll()
  const { epoch, committed } = stores.current!
  const again = (): boolean => stores.current!.epoch > epoch && stores.current!.committed >= committed + 2 && stores.current!.outDone === stores.current!.committed
  await world.run(again, world.now() + HEAL_MS + intervalMs)
}

/** What a batch may cost when nothing goes wrong. */
function checkCost(stores: WatchedStores, report: (check: string, what: string) => void, { job }: Scenario): void {
  const batches = stores.manifests.size
  const perBatch = (stores.writes.get('commit') ?? 0) + (stores.writes.get('mark') ?? 0)
  if (perBatch > 3 * batches) report('cost', `${perBatch} head writes for ${batches} batches`)
  if (job.name === 'a' && stores.puts > 0 && stores.puts > 2 * batches) report('cost', `${stores.puts} objects for ${batches} batches`)
}

/** Nothing may pile up while a coordinator runs: what a batch leaves behind goes when the floor has passed it. */
async function checkLitter(world: World, stores: WatchedStores, report: (check: string, what: string) => void): Promise<void> {
  await world.run(() => false, world.now() + 500)
  const litter = await stores.litter()
  if (litter.length > 0) report('litter', `${litter.length} objects at or below the floor are needed by nobody and were not deleted, for example ${litter[0]}`)
}
