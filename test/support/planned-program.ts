import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import { systemRandom } from '../../lib/adapters/local/system-random.ts'
import { silentLog } from '../../lib/host/log.ts'
import { StreamingContext } from '../../lib/index.ts'
import { fingerprint } from '../../lib/plan/fingerprint.ts'
import type { TaskHost } from '../../lib/runtime/task/execution.ts'
import { TaskProgram } from '../../lib/runtime/task/program.ts'
import type { Source } from '../../lib/source/source.ts'
import type { PlanningDeed, PlanRequest } from '../../lib/testing/contracts/index.ts'
import { START } from './run.ts'

interface PlannedProgram {
  readonly program: TaskProgram
  readonly context: StreamingContext
  readonly host: TaskHost
  /** Its first batch, which nobody has planned yet. */
  readonly request: PlanRequest
  asked(): number
}

/** The program whose batches the contract of planners plans: numbers, summed by whether they are even. */
export function plannedProgram(does: PlanningDeed): PlannedProgram {
  let asked = 0
  const numbers: Source<number, number, readonly [from: number, until: number]> = {
    name: 'Numbers',
    cut: async ({ position, limit }) => {
      asked++
      if (does === 'throw-in-source') throw new Error('as asked')
      const [from, records] = [position ?? 0, Math.min(limit ?? 3, 3)]
      return { position: from + records, splits: [[from, from + records]], records }
    },
    read: async function* ([from, until]) {
      yield Array.from({ length: until - from }, (_, i) => from + i)
    },
  }
  const context = new StreamingContext({ 'spark.app.name': 'test', 'spark.master': 'local[2]' }, 1000, { hosted: true })
  context
    .source('numbers', numbers)
    .transform((rdd) => {
      if (does === 'throw-in-transform') throw new Error('as asked')
      return rdd
    })
    .map((n): [number, number] => [n % 2, n])
    .reduceByKey((a, b) => a + b)
    .foreachRDD(() => {})
  context.graph.assignUids()
  return {
    program: new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph)),
    context,
    host: { blobs: new MemoryBlobStore(), random: systemRandom, clock: new ManualClock(START), log: silentLog },
    request,
    asked: () => asked,
  }
}

/** What a planner is asked first. */
export const request: PlanRequest = {
  head: { app: 'test', inc: 'i1', epoch: 1, zeroTime: START, intervalMs: 1000 },
  base: null,
  input: {
    kind: 'new',
    slot: { batch: 1, tick: 1, time: START + 1000 },
    limits: {},
    unready: [],
    startedAt: START,
    letterCommands: [],
  },
  slots: 2,
  smallBytes: null,
  mayRun: false,
}
