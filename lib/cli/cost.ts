/*
 * What a day costs, modelled: counts of calls that the protocol makes, times list prices of us-east-1 in dollars. How
 * the counts were found, and which of them are measured, stands in docs/performance.md.
 */

/** Dollars for one of each. Functions run on arm64; writes of a table are per kB, reads per 4 kB. */
const PRICES = { invocation: 2e-7, gbSecond: 1.33334e-5, tableWrite: 6.25e-7, tableRead: 1.25e-7, put: 5e-6, get: 4e-7 }
/** A container of one virtual CPU that runs all day (Fargate, arm64). */
const CONTAINER_PER_DAY = 0.95
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** Milliseconds of one virtual CPU that a record takes: parsed, a few closures, one shuffle. */
const MS_A_RECORD = 0.002
/** Milliseconds that a task or an output is billed for besides its records. */
const TASK_MS = 120
const OUTPUT_MS = 60
/** The size from which on a function has a whole virtual CPU. */
const CPU_MB = 1769

/** What the bill depends on. */
export interface Workload {
  readonly intervalMs: number
  /** Tasks of a batch. */
  readonly tasks: number
  /** Two tasks a partition, with a shuffle between, instead of one. */
  readonly shuffles: boolean
  readonly outputs: number
  readonly recordsPerSecond: number
  /** MB of the functions. */
  readonly memorySize: { readonly coordinator: number; readonly task: number; readonly output: number }
}

/** Dollars a day, sources apart. */
export function costPerDay(workload: Workload): number {
  const { intervalMs, tasks, shuffles, outputs, recordsPerSecond, memorySize } = workload
  const batches = DAY_MS / intervalMs
  const calls = tasks * (shuffles ? 2 : 1)
  const recordMs = (recordsPerSecond * intervalMs * MS_A_RECORD) / 1000 / Math.min(1, memorySize.task / CPU_MB)
  const batch =
    (calls + outputs) * PRICES.invocation +
    gbSeconds(calls * TASK_MS + recordMs, memorySize.task) +
    gbSeconds(outputs * OUTPUT_MS, memorySize.output) +
    // Head: taken, committed, marked, each a few kB; tasks and outputs read it.
    2 * 4 * PRICES.tableWrite +
    (1 + outputs) * PRICES.tableRead +
    // Manifest and what each task stored.
    (1 + calls) * PRICES.put +
    (outputs + (shuffles ? tasks * tasks : 0) + tasks) * PRICES.get
  const awake = intervalMs < MINUTE_MS ? 55_000 : 1000
  const coordinator = (DAY_MS / MINUTE_MS) * (PRICES.invocation + gbSeconds(awake, memorySize.coordinator))
  return batches * batch + coordinator
}

const gbSeconds = (ms: number, mb: number): number => (ms / 1000) * (mb / 1024) * PRICES.gbSecond

/**
 * From how many records a second on a container that runs all day costs less; 0 where it does even idle. Beyond what
 * one virtual CPU of a container can take, both need more of them.
 */
export function containerIsCheaperFrom(workload: Workload): number {
  const idle = costPerDay({ ...workload, recordsPerSecond: 0 })
  if (idle >= CONTAINER_PER_DAY) return 0
  const perThousand = costPerDay({ ...workload, recordsPerSecond: 1000 }) - idle
  return Math.round(((CONTAINER_PER_DAY - idle) / perThousand) * 1000)
}
