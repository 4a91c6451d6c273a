import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import { SeededRandom } from '../../lib/adapters/local/seeded-random.ts'
import { silentLog } from '../../lib/host/log.ts'
import type { TaskReport } from '../../lib/model/task.ts'
import { fingerprint } from '../../lib/plan/fingerprint.ts'
import { planStages } from '../../lib/plan/stages.ts'
import { PlannedView } from '../../lib/plan/batch-view.ts'
import { plannedStages } from '../../lib/runtime/task/plan-stages.ts'
import { TaskProgram } from '../../lib/runtime/task/program.ts'
import { runTask } from '../../lib/runtime/task/run-task.ts'
import { timeLimit } from '../../lib/runtime/time-limit.ts'
import { WHOLE, wholeBatch } from '../../lib/runtime/planner.ts'
import type { Source, SourceIo } from '../../lib/source/source.ts'
import { firstPlan } from '../support/first-plan.ts'
import { newContext, START } from '../support/run.ts'

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
}

interface Limited {
  readonly clock: ManualClock
  readonly report: Promise<TaskReport>
  /** How often the process was given up. */
  readonly abandoned: () => number
}

/** A task that has 800 ms, and must be at rest after 950, over a source that reads like this. */
function limited(read: (io: SourceIo, clock: ManualClock) => ReturnType<Source<string>['read']>): Limited {
  const clock = new ManualClock(START)
  const context = newContext((input) => input().map((word: string) => word.length), [['a']], { splits: 1 })
  context.graph.assignUids()
  const [{ source }] = context.graph.inputs
  Object.assign(source, { read: (_split: unknown, io: SourceIo) => read(io, clock) })
  const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  const plan = firstPlan(program, [[0, 0]])
  const view = new PlannedView(context.graph, plan, context.sparkContext)
  const work = wholeBatch(plannedStages(planStages(context.graph, view, false), false))
  let abandoned = 0
  const limit = timeLimit(clock, { stopAt: START + 800, endAt: START + 950 }, new AbortController().signal, () => {
    abandoned++
  })
  const host = { blobs: new MemoryBlobStore(), random: new SeededRandom(1), clock, log: silentLog, limit }
  const spec = { plan, task: WHOLE, exec: 0, attempt: 0, work, inputs: {}, staged: false }
  return { clock, report: runTask(spec, program, host), abandoned: () => abandoned }
}

const codeOf = (report: TaskReport): string => (report.kind === 'done' ? 'done' : report.error.code)

test('F24: a task that waits for its source says that its time is over, and the source is told', async () => {
  let stopped = false
  const { clock, report, abandoned } = limited(async function* ({ signal }) {
    await new Promise<void>((resolve) => {
      signal!.addEventListener('abort', () => resolve())
    })
    stopped = true
    yield* []
    throw new Error('aborted')
  })
  await turns()
  await clock.advance(800)
  const answer = await report
  assert.equal(codeOf(answer), 'E_TASK_TIMEOUT')
  assert.deepEqual([answer.kind === 'failed' && answer.error.retry, stopped, abandoned()], [true, true, 0])
})

test('F24: a task that never lets a timer through looks at the clock between two chunks', async () => {
  let chunks = 0
  const { report } = limited(function* (_io, clock) {
    for (;;) {
      clock.set(clock.now() + 100)
      chunks++
      yield ['a']
    }
  })
  assert.deepEqual([codeOf(await report), chunks], ['E_TASK_TIMEOUT', 8])
})

test('F25: what is done while a task comes to rest is done', async () => {
  const { clock, report, abandoned } = limited(async function* ({ signal }) {
    yield ['a', 'b']
    await new Promise<void>((resolve) => {
      signal!.addEventListener('abort', () => resolve())
    })
  })
  await turns()
  await clock.advance(850)
  assert.deepEqual([codeOf(await report), abandoned()], ['done', 0])
})

test('F25: a process in which something goes on after the end is given up, and its task has failed', async () => {
  const { clock, report, abandoned } = limited(async function* () {
    yield ['a']
    await new Promise(() => {})
  })
  await turns()
  await clock.advance(949)
  assert.equal(abandoned(), 0)
  await clock.advance(1)
  assert.deepEqual([codeOf(await report), abandoned()], ['E_TASK_TIMEOUT', 1])
})
