/*
 * What a day costs, modelled: counts of calls that the protocol makes, times list prices of us-east-1 in dollars. How
 * the counts were found, and which of them are measured, stands in docs/performance.md.
 */

import { tickPace } from '../model/tick-pace.ts'

/** Dollars for one of each. Functions run on arm64; writes of a table are per kB, reads per 4 kB. */
const PRICES = {
  invocation: 2e-7,
  gbSecond: 1.33334e-5,
  tableWrite: 6.25e-7,
  tableRead: 1.25e-7,
  put: 5e-6,
  get: 4e-7,
  message: 4e-7,
}
/** A container of one virtual CPU that runs all day (Fargate, arm64). */
const CONTAINER_PER_DAY = 0.95
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** Milliseconds of one virtual CPU that a record takes: parsed, a few closures, one shuffle. */
const MS_A_RECORD = 0.002
/** Bytes of a record, and up to how many a batch is one task. */
const RECORD_BYTES = 100
const SMALL_BYTES = 256 * 1024
/** Milliseconds that a task or an output is billed for besides its records, and a coordinator besides those two. */
const TASK_MS = 120
const OUTPUT_MS = 60
const COORDINATOR_MS = 150
/** The size from which on a function has a whole virtual CPU. */
const CPU_MB = 1769

/** Messages that a request to a queue takes. */
const MESSAGES_MAX = 10
/** The platform listens to a queue five times at once, 20 s each, while nothing comes. */
const LISTENING_PER_MINUTE = 15
/** Milliseconds that sending the ticks of a minute is billed for. */
const SENDING_MS = 100

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

/** What one batch asks of the services, besides its source and its sinks. */
interface Calls {
  /** Of the task function; the output function is called once. */
  readonly tasks: number
  /** Two writes of the head, in kB. */
  readonly tableWrites: number
  /** Consistent reads of up to 4 kB. */
  readonly tableReads: number
  readonly puts: number
  readonly gets: number
}

/** As `test/adapters/aws/lambda/calls.test.ts` counts them. */
function callsOf({ intervalMs, tasks, shuffles, outputs, recordsPerSecond }: Workload): Calls {
  const bytes = (recordsPerSecond * intervalMs * RECORD_BYTES) / 1000
  // Manifest and small state travel in the head.
  if (bytes <= SMALL_BYTES) return { tasks: 1, tableWrites: 2 * 3, tableReads: 3, puts: 0, gets: 1 }
  const calls = tasks * (shuffles ? 2 : 1)
  const shuffled = shuffles ? tasks * tasks : 0
  // A call plans; manifest and what each task stored are objects.
  return {
    tasks: 1 + calls,
    tableWrites: 2,
    tableReads: 3 + calls,
    puts: 1 + calls,
    gets: 2 + outputs + shuffled + tasks,
  }
}

/** Dollars a day, sources apart. */
export function costPerDay(workload: Workload): number {
  const { intervalMs, recordsPerSecond, memorySize } = workload
  const { tasks, tableWrites, tableReads, puts, gets } = callsOf(workload)
  const recordMs = (recordsPerSecond * intervalMs * MS_A_RECORD) / 1000 / Math.min(1, memorySize.task / CPU_MB)
  const batch =
    (tasks + 1) * PRICES.invocation +
    gbSeconds(tasks * TASK_MS + recordMs, memorySize.task) +
    gbSeconds(OUTPUT_MS, memorySize.output) +
    tableWrites * PRICES.tableWrite +
    tableReads * PRICES.tableRead +
    puts * PRICES.put +
    gets * PRICES.get
  const batchMs = COORDINATOR_MS + 2 * TASK_MS + OUTPUT_MS + recordMs
  return (DAY_MS / intervalMs) * batch + coordinatorPerDay(intervalMs, batchMs, memorySize.coordinator)
}

/** Of an invocation for each batch; one that stays does so for its minute, but five seconds. */
function coordinatorPerDay(intervalMs: number, batchMs: number, mb: number): number {
  const invoked = (ms: number): number => PRICES.invocation + gbSeconds(ms, mb)
  const pace = tickPace(intervalMs)
  if (pace === 'schedule') return (DAY_MS / intervalMs) * invoked(batchMs)
  const minutes = DAY_MS / MINUTE_MS
  if (pace === 'stay') return minutes * invoked(55_000)
  const ticks = Math.ceil(MINUTE_MS / intervalMs)
  // Sent together; each is received and deleted alone.
  const requests = Math.ceil(ticks / MESSAGES_MAX) + 2 * ticks + LISTENING_PER_MINUTE
  return minutes * (invoked(SENDING_MS) + ticks * invoked(batchMs) + requests * PRICES.message + PRICES.tableRead)
}

const gbSeconds = (ms: number, mb: number): number => (ms / 1000) * (mb / 1024) * PRICES.gbSecond

/**
 * From how many records a second on a container that runs all day costs less; 0 where it does even idle. Beyond what
 * one virtual CPU of a container can take, both need more of them.
 */
export function containerIsCheaperFrom(workload: Workload): number {
  const isCheaper = (recordsPerSecond: number): boolean =>
    costPerDay({ ...workload, recordsPerSecond }) >= CONTAINER_PER_DAY
  if (isCheaper(0)) return 0
  let [below, above] = [0, 1]
  while (!isCheaper(above)) [below, above] = [above, 2 * above]
  while (above - below > 1) {
    const between = Math.floor((below + above) / 2)
    if (isCheaper(between)) above = between
    else below = between
  }
  return above
}
