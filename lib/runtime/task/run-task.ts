import { given } from '../../model/given.ts'
import { loadedLater } from '../../model/loaded-later.ts'
import type { Json } from '../../model/json.ts'
import type { TaskReport, TaskSpec } from '../../model/task.ts'
import { withAccumulatorScope } from '../../lineage/accumulator.ts'
import { trackedBlobs } from './tracked-blobs.ts'
import type { TaskProgram } from './program.ts'
import { readAhead, sourceIo } from './read-split.ts'
import { serialiseError } from '../serialised-error.ts'
import { Execution, type TaskHost } from './execution.ts'
import { inTime, outOfTime, type TimeLimit } from '../time-limit.ts'

/**
 * Runs one task: some partitions of some stages, start to end, and says what came of it. It changes nothing that anyone
 * can see: all it writes is new objects under names of its own, and whoever launched it decides whether they count.
 */
export async function runTask(spec: TaskSpec, program: TaskProgram, host: TaskHost): Promise<TaskReport> {
  const report = begun(spec, program, host)
  if (!host.limit) return report
  return withinLimit(report, spec, host.limit, host)
}

/** What looks for records to blame. */
const trials = loadedLater(() => import('./program-trial.ts'))

async function begun(spec: TaskSpec, program: TaskProgram, host: TaskHost): Promise<TaskReport> {
  const { blobs, settled } = trackedBlobs(host.blobs, host.limit?.signal)
  const tracked = { ...host, blobs }
  try {
    if (spec.trial) return await (await trials()).runTrial(spec, spec.trial, program, tracked)
    return await execute(spec, program, tracked)
  } finally {
    await settled()
  }
}

/** Whatever fails once the time is over has failed for that. What was done all the same is done. */
async function withinLimit(
  running: Promise<TaskReport>,
  { task, exec }: TaskSpec,
  limit: TimeLimit,
  { clock }: TaskHost,
): Promise<TaskReport> {
  const overdue = (): TaskReport => ({
    kind: 'failed',
    task,
    exec,
    executionId: '',
    error: serialiseError(outOfTime(limit), { task }),
  })
  const report = await inTime(running, limit, clock).catch(overdue)
  if (report.kind === 'failed' && limit.signal.aborted) return overdue()
  return report
}

/** A file that grows is left to a later batch, unless the plan of this one is fixed before its files are read. */
const postpones = ({ graph }: TaskProgram): boolean => graph.outputs.every(({ output }) => output.order !== 'before')

async function execute(spec: TaskSpec, program: TaskProgram, host: TaskHost): Promise<TaskReport> {
  const executionId = host.random.newId()
  const { task, exec } = spec
  let execution: Execution | null = null
  let endAhead = async (): Promise<void> => {}
  try {
    // Functions of the program run here as well: those that `transform` was given.
    const stages = program.stagesOf(spec.plan, spec.staged)
    execution = new Execution(spec, stages, program.state, { ...host, postpones: postpones(program) }, executionId)
    const running = execution
    endAhead = readAhead(spec, program, (uid) => sourceIo(host, spec.plan, uid))
    const scoped = withAccumulatorScope(() => running.all(spec.work))
    const outcome = await scoped.result
    return {
      kind: 'done',
      task,
      exec,
      executionId,
      ...outcome,
      accumulators: Object.fromEntries(scoped.updates().map((update) => [update.accumulator, update.snapshot as Json])),
    }
  } catch (error) {
    return {
      kind: 'failed',
      task,
      exec,
      executionId,
      error: serialiseError(error, { task }),
      ...given({ read: execution?.read }),
    }
  } finally {
    await endAhead()
  }
}
