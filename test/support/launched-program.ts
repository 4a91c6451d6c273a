import { StreamingContext } from '../../lib/index.ts'
import { type TaskHost } from '../../lib/runtime/task/execution.ts'
import { TaskProgram } from '../../lib/runtime/task/program.ts'
import { fingerprint } from '../../lib/plan/fingerprint.ts'
import { silentLog } from '../../lib/host/log.ts'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { systemClock } from '../../lib/adapters/local/system-clock.ts'
import { systemRandom } from '../../lib/adapters/local/system-random.ts'
import type { TaskDeed } from '../../lib/testing/contracts/index.ts'
import type { TaskSpec } from '../../lib/model/task.ts'
import type { Source } from '../../lib/source/source.ts'
import { firstPlan } from './first-plan.ts'

/** A split is what the task that reads it does. */
const deeds: Source<TaskDeed, null, TaskDeed> = {
  name: 'Deeds',
  cut: async () => ({ position: null, splits: [], records: 0 }),
  read: async function* (deed) {
    if (deed === 'never-end') await new Promise(() => {})
    yield [deed]
  },
}

/** The program whose tasks the contract of launchers runs. */
function launchedContext(): StreamingContext {
  const context = new StreamingContext({ 'spark.app.name': 'test', 'spark.master': 'local[2]' }, 1000, { hosted: true })
  const words = context.sparkContext.collectionAccumulator<string>('words')
  context
    .source('deeds', deeds)
    .map((deed) => {
      if (deed === 'throw') throw new Error('as asked')
      if (deed === 'end-its-process') process.exit(1)
      if (deed === 'answer-at-length') words.add('x'.repeat(7_000_001))
      return deed
    })
    .foreachRDD(() => {})
  return context
}

interface Launched {
  readonly program: TaskProgram
  readonly host: TaskHost
  readonly context: StreamingContext
  readonly task: (name: string, does: TaskDeed) => TaskSpec
}

/** The program in this process, in memory, and tasks of it. */
export function launched(): Launched {
  const context = launchedContext()
  context.graph.assignUids()
  const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  const task = (name: string, does: TaskDeed): TaskSpec => ({
    // What a batch reads is part of its plan, and no two plans have one nonce.
    plan: { ...firstPlan(program, [does]), nonce: does },
    task: name,
    exec: 0,
    attempt: 0,
    work: [{ stage: 0, partitions: [0] }],
    inputs: {},
    staged: true,
  })
  const host = { blobs: new MemoryBlobStore(), random: systemRandom, clock: systemClock, log: silentLog }
  return { program, host, context, task }
}

// As task threads load it.
if (process.argv[2] === 'thread') launchedContext().start()
