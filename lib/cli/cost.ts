/*
 * What a day costs, before anything is deployed: the calls that the protocol makes for a program, priced as `bill.ts`
 * does. That a small batch makes these calls is asserted by test/cli/bill.test.ts.
 */

import { tickPace } from '../model/tick-pace.ts'
import {
  ANSWER_MS,
  billOf,
  dollarsOfTime,
  type MemorySize,
  NOTHING,
  plus,
  sumOf,
  times,
  type Usage,
  WORK_MS,
  workMs,
} from './bill.ts'

/** A container of one virtual CPU that runs all day (Fargate, arm64). */
const CONTAINER_PER_DAY = 0.95
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** Milliseconds of one virtual CPU that a record takes: parsed, a few closures, one shuffle. */
const MS_A_RECORD = 0.002
/** Bytes of a record, and up to how many a batch is one task. */
const RECORD_BYTES = 100
const SMALL_BYTES = 256 * 1024
/** What a head of a small program weighs as it is stored, in kB; what changes of its state rides in it for a while. */
const HEAD_KB = { idle: 1, changed: 2 }
/** How many of the batches that change a little state move it to an object. */
const MOVES = 0.3

/** Messages that a request to a queue takes. */
const MESSAGES_MAX = 10
/** The platform listens to a queue five times at once, 20 s each, while nothing comes. */
const LISTENING_PER_MINUTE = 15
/** Of a minute that a coordinator stays: it ends before the next tick comes. */
const STAYING_MS = 55_000
/** What a line of the log of a batch comes to, with what the platform adds. */
const LOG_BYTES = 600

/** What the bill depends on. */
export interface Workload {
  readonly intervalMs: number
  /** Tasks of a batch. */
  readonly tasks: number
  /** Two tasks a partition, with a shuffle between, instead of one. */
  readonly shuffles: boolean
  readonly outputs: number
  /** Where its source ends is found by reading (Kinesis), split after split: planning and running are calls apart. */
  readonly discovers: boolean
  readonly recordsPerSecond: number
  /** MB of the functions. */
  readonly memorySize: MemorySize
  /** Functions that receive all day, and how many MB each has. */
  readonly receivers: { readonly count: number; readonly memorySize: number }
}

/** Dollars a day, sources and sinks apart. */
export function costPerDay(workload: Workload): number {
  const { intervalMs, memorySize, receivers } = workload
  const batches = times(usageOfBatch(workload), DAY_MS / intervalMs)
  const ticks = times(usageOfTicks(intervalMs, memorySize), DAY_MS / MINUTE_MS)
  const receiving = receivers.count * dollarsOfTime(DAY_MS, receivers.memorySize)
  return sumOf(billOf(plus(batches, ticks), memorySize)) + receiving
}

/** @testing What one batch asks for, the call of the coordinator included. */
export function usageOfBatch(workload: Workload): Usage {
  const { intervalMs, recordsPerSecond, memorySize } = workload
  const bytes = (recordsPerSecond * intervalMs * RECORD_BYTES) / 1000
  const { usage, waitedMs } = bytes <= SMALL_BYTES ? smallBatch(workload) : spreadBatch(workload)
  // One that stays is billed for its minute.
  if (tickPace(intervalMs) === 'stay') return usage
  const ms = waitedMs + workMs(WORK_MS.coordinator, memorySize.coordinator)
  return plus(usage, { ...NOTHING, invocations: 1, ms: { ...NOTHING.ms, coordinator: ms } })
}

/** What the functions with the program ask for, and the coordinator, and how long that one waits for all of it. */
interface Called {
  readonly usage: Usage
  readonly waitedMs: number
}

/** One call of the task function plans, runs and seals it; what is small travels in the head. */
function smallBatch(workload: Workload): Called {
  const { memorySize } = workload
  const task = ANSWER_MS.table + sourceMs(workload) + workMs(WORK_MS.task + recordsMs(workload), memorySize.task)
  const output = ANSWER_MS.table + workMs(WORK_MS.output, memorySize.output)
  const isIdle = workload.recordsPerSecond === 0
  const puts = isIdle ? 0 : MOVES
  const stored = task + puts * ANSWER_MS.put
  return {
    usage: {
      ...NOTHING,
      invocations: 2,
      ms: { coordinator: 0, task: stored, output },
      tableWrites: 2 * (isIdle ? HEAD_KB.idle : HEAD_KB.changed),
      tableReads: 3,
      puts,
      logBytes: LOG_BYTES,
    },
    waitedMs: stored + output + 2 * ANSWER_MS.invoke + 3 * ANSWER_MS.table,
  }
}

/** An iterator and a page, of all shards at once; others list what is new. */
const sourceMs = ({ discovers }: Workload): number => ANSWER_MS.source * (discovers ? 2 : 1)

/** A call plans it, then tasks run side by side, stage by stage; the manifest and what each task stored are objects. */
function spreadBatch(workload: Workload): Called {
  const { tasks, shuffles, outputs, memorySize } = workload
  const stages = shuffles ? 2 : 1
  const shuffled = shuffles ? tasks * tasks : 0
  const records = workMs(recordsMs(workload), memorySize.task)
  const aTask = ANSWER_MS.table + ANSWER_MS.source + ANSWER_MS.put + workMs(WORK_MS.task, memorySize.task)
  const output = ANSWER_MS.table + 2 * ANSWER_MS.get + workMs(WORK_MS.output, memorySize.output)
  const called = 1 + stages * tasks
  return {
    usage: {
      ...NOTHING,
      invocations: called + 1,
      ms: { coordinator: 0, task: called * aTask + records, output },
      tableWrites: 2,
      tableReads: 3 + stages * tasks,
      puts: called,
      gets: 2 + outputs + shuffled + tasks,
      logBytes: LOG_BYTES,
    },
    waitedMs:
      (1 + stages) * (aTask + ANSWER_MS.invoke) +
      records / tasks +
      (ANSWER_MS.invoke + output) +
      ANSWER_MS.put +
      3 * ANSWER_MS.table,
  }
}

const recordsMs = ({ recordsPerSecond, intervalMs }: Workload): number =>
  (recordsPerSecond * intervalMs * MS_A_RECORD) / 1000

/**
 * @testing What a minute asks for besides its batches: whoever wakes the coordinator, and the one that stays. The bench
 *   `bill` adds it to what it has recorded.
 */
export function usageOfTicks(intervalMs: number, memorySize: MemorySize): Usage {
  switch (tickPace(intervalMs)) {
    case 'schedule':
      return NOTHING
    case 'stay':
      return { ...NOTHING, invocations: 1, ms: { ...NOTHING.ms, coordinator: STAYING_MS } }
    case 'queue': {
      const ticks = Math.ceil(MINUTE_MS / intervalMs)
      const ms = ANSWER_MS.table + ANSWER_MS.queue + workMs(WORK_MS.coordinator, memorySize.coordinator)
      return {
        ...NOTHING,
        invocations: 1,
        ms: { ...NOTHING.ms, coordinator: ms },
        tableReads: 1,
        // Sent together; each is received and deleted alone.
        messages: Math.ceil(ticks / MESSAGES_MAX) + 2 * ticks + LISTENING_PER_MINUTE,
      }
    }
  }
}

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
