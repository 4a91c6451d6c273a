import type { TaskLauncher } from '../../../lib/host/launcher.ts'
import { silentLog } from '../../../lib/host/log.ts'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'
import { systemClock } from '../../../lib/adapters/local/system-clock.ts'
import type { TaskReport, TaskSpec } from '../../../lib/model/task.ts'
import { PlannedView } from '../../../lib/plan/batch-view.ts'
import { fingerprint } from '../../../lib/plan/fingerprint.ts'
import { planStages } from '../../../lib/plan/stages.ts'
import { Progress } from '../../../lib/runtime/batch/handover.ts'
import type { StageRun } from '../../../lib/runtime/batch/run-stages.ts'
import { TaskProgram } from '../../../lib/runtime/task/program.ts'
import { plannedStages } from '../../../lib/runtime/task/plan-stages.ts'
import { runTask } from '../../../lib/runtime/task/run-task.ts'
import { type Build, newContext, START } from '../../support/run.ts'
import { firstPlan, numbered } from '../../support/first-plan.ts'
import { SECRET } from '../../support/secret.ts'

const words = [SECRET, 'a', 'b', 'a']

/**
 * Shuffles, state, a window that keeps records, and two outputs of two partitions each: every part of an answer occurs.
 */
const build: Build = (input) => {
  const pairs = input().map((word: string) => [word, 1] as [string, number])
  return {
    sums: pairs.updateStateByKey<number>((values, sum) => values.length + (sum ?? 0)),
    recent: pairs.window(2000),
  }
}

/** Computes a task as the program does, or something else in its place. */
type Launch = (spec: TaskSpec, honest: () => Promise<TaskReport>) => Promise<TaskReport>

/** The first batch, of so many splits, on two slots, ready to be run stage by stage. */
export function firstBatch(
  launch: Launch,
  splits = 2,
): {
  readonly run: StageRun
  readonly progress: Progress
} {
  const context = newContext(build, [words], { splits })
  context.graph.assignUids()
  const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  const plan = firstPlan(program, numbered(splits), { records: words.length })
  const host = {
    blobs: new MemoryBlobStore(),
    random: new SeededRandom(1),
    clock: new ManualClock(START),
    log: silentLog,
  }
  const launcher: TaskLauncher = {
    slots: 2,
    launch: (spec) => launch(spec, async () => structuredClone(await runTask(spec, program, host))),
    close: async () => {},
  }
  const view = new PlannedView(context.graph, plan, context.sparkContext)
  const stages = plannedStages(planStages(context.graph, view, true), true)
  const run: StageRun = {
    plan,
    stages,
    staged: true,
    launcher,
    log: silentLog,
    attemptsMax: 2,
    life: null,
    fanOut: null,
    speculation: null,
    clock: systemClock,
    late: () => {},
    signal: new AbortController().signal,
  }
  return { run, progress: new Progress(null, plan, stages) }
}
