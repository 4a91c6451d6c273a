import { given } from '../../model/given.ts'
import { kindOf } from '../../checkpoint/object-keys.ts'
import type { BatchWatch, WatchedBatch } from '../../host/batch-watch.ts'
import { backoffMs } from '../../host/backoff.ts'
import type { Clock } from '../../host/clock.ts'
import type { TaskLauncher } from '../../host/launcher.ts'
import type { Log } from '../../host/log.ts'
import { type Fault, mayBeARecords } from '../../model/error-codes.ts'
import { isOurs, messageOf, SluiceError } from '../../model/errors.ts'
import type { BatchPlan, MapOutput, TaskReport, TaskSpec } from '../../model/task.ts'
import { faultOfAnswer } from './check-answer.ts'
import { type FanOut, type PlannedStage, WHOLE, wholeBatch } from '../planner.ts'
import { reviveError, serialiseError } from '../serialised-error.ts'
import type { Speculation } from '../settings.ts'
import { assertMayLaunch, beforeTheEnd, isHandover, type Life, type Progress } from './handover.ts'
import { inlineBytesOf, inputOf, inputsOf, keysIn, ownInputs, shares, taskBytesOf } from './shares.ts'
import { type Launch, runAll } from './speculation.ts'

/** The answers of a batch's tasks: one winner per task. */
export type TaskDone = Extract<TaskReport, { kind: 'done' }>
type TaskFailed = Extract<TaskReport, { kind: 'failed' }>

export interface StageRun {
  readonly plan: BatchPlan
  readonly stages: readonly PlannedStage[]
  readonly staged: boolean
  readonly launcher: TaskLauncher
  readonly log: Log
  readonly attemptsMax: number
  readonly speculation: Speculation | null
  readonly clock: Clock
  /** Hears of what a task did for nothing: its copy was faster, or its stage or a later one failed. */
  readonly late: (answer: TaskDone) => void
  readonly signal: AbortSignal
  /** Where each task is a call that costs; `null`: as many tasks as there are slots. */
  readonly fanOut: FanOut | null
  /** How long whoever runs this lives; `null`: for as long as it takes. */
  readonly life: Life | null
  /** Looks on. */
  readonly watch?: BatchWatch
  /** What else the user can do about a record that makes a function throw. */
  readonly advice?: string
  /** Of the first attempt of a batch that is one task, where it has been made already. */
  readonly report?: TaskReport
}

/**
 * Runs all stages of a batch: as one task where a batch may be one, else stage by stage, spread over the launcher's
 * slots.
 */
export async function runStages(run: StageRun, progress: Progress): Promise<TaskDone[]> {
  for (let executions = 1; ; executions++) {
    run.watch?.began(() => watched(run))
    try {
      if (!run.staged) return await runWhole(run, progress)
      return await runStaged(run, progress)
    } catch (error) {
      if (isHandover(error)) {
        progress.close()
        throw error
      }
      for (const answer of progress.answers) run.late(answer)
      if (!isBlockLost(error) || executions >= EXECUTIONS_MAX) throw error
      progress.restart()
      run.log.event({ type: 'stages-again', batch: run.plan.batch, exec: progress.exec, message: messageOf(error) })
    } finally {
      run.watch?.ended()
    }
  }
}

function watched({ plan, stages }: StageRun): WatchedBatch {
  const counts = Object.values(plan.cuts).map((cut) => (cut === null ? 0 : cut.records))
  const records = counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0)
  return { batch: plan.batch, tasks: stages.reduce((sum, { partitions }) => sum + partitions, 0), records }
}

/**
 * A reducer that cannot read a block ends the whole execution: all stages run again, under new names. Reducers that
 * have read the old blocks and those that will read the new ones must not meet in one batch, because a map side that
 * ran twice need not have written the same.
 */
const isBlockLost = (error: unknown): boolean =>
  isOurs(error) && error.fault === 'store' && kindOf(error.where.object) === 'shuffle'
const EXECUTIONS_MAX = 3

async function runWhole(run: StageRun, progress: Progress): Promise<TaskDone[]> {
  const { life, clock, plan } = run
  const task = { task: WHOLE, exec: progress.exec, work: wholeBatch(run.stages), inputs: {}, staged: false }
  if (!run.report) assertMayLaunch(life, clock, plan.batch)
  const whole = runTaskWithRetries({ ...run, plan: progress.plan }, task)
  const answer = await beforeTheEnd(whole, life, clock, plan.batch)
  progress.addWhole(answer)
  return [answer]
}

/** Stage by stage, what is not known yet; `progress` hears of each answer. */
async function runStaged(all: StageRun, progress: Progress): Promise<TaskDone[]> {
  const { life, clock, plan, fanOut } = all
  const { exec } = progress
  const shuffles = all.stages.filter(({ terminal }) => terminal.kind === 'shuffle').length
  const taskBytes = taskBytesOf(all.stages, fanOut)
  const outputs: Record<number, MapOutput[]> = {}
  const told = new Set<string>()
  for (const stage of all.stages) {
    if (stage.terminal.kind === 'shuffle') outputs[stage.terminal.shuffle] = []
    // The plan, as far as it is known when the stage begins: all of its tasks are given the same.
    const late = (answer: TaskDone): void => {
      // Others of its stage may have failed, and the coordinator's life may end: what counts is still needed.
      if (!progress.holds(answer)) all.late(answer)
    }
    const run = { ...all, plan: progress.plan, late }
    const inputs = inputsOf(stage, all.stages, outputs)
    const spread = shares(inputOf(stage, progress.missing(stage), Object.values(inputs).flat(), keysIn(plan)), {
      slots: run.launcher.slots,
      taskBytes,
    })
    if (spread.length > 0) assertMayLaunch(life, clock, plan.batch)
    const inlineBytes = inlineBytesOf(fanOut, spread.length, shuffles)
    const launches = spread.map((partitions): Launch<TaskDone> => async (copy) => {
      const work = { stage: stage.id, partitions }
      const task = { task: `s${stage.id}.t${partitions[0]}`, exec, work: [work], staged: true }
      const own = { ...task, inputs: ownInputs(stage, partitions, inputs), ...given({ inlineBytes }) }
      const answer = await runTaskWithRetries(run, own, copy)
      progress.add(work, answer)
      if (run.watch && progress.holds(answer)) tell(run.watch, partitions.length, answer, told)
      return answer
    })
    await beforeTheEnd(runAll(launches, run), life, clock, plan.batch)
    for (const answer of progress.answersOf(stage))
      for (const output of answer.shuffles) outputs[output.shuffle]!.push(output)
  }
  return progress.answers
}

/**
 * Who runs a batch as one task tells it while it runs; of others there are answers. A split that another stage reads
 * once more is not a second arrival: `told` has those that were counted.
 */
function tell(watch: BatchWatch, partitions: number, { records }: TaskDone, told: Set<string>): void {
  for (const [source, counts] of Object.entries(records))
    for (const [split, count] of Object.entries(counts)) {
      const name = JSON.stringify([source, split])
      if (!told.has(name)) watch.read(count)
      told.add(name)
    }
  watch.done(partitions)
}

const LOST_ATTEMPTS = 4

async function runTaskWithRetries(
  run: StageRun,
  task: Omit<TaskSpec, 'plan' | 'attempt'>,
  copy = 0,
): Promise<TaskDone> {
  if (copy > 0) run.log.event({ type: 'task-copied', batch: run.plan.batch, task: task.task })
  const answer = await lastAnswer(run, { ...task, plan: run.plan }, copy * run.attemptsMax)
  if (answer.kind === 'done') return answer
  throw reviveError(answer.error, {
    where: { batch: run.plan.batch },
    did: 'the batch did not commit; it runs again at the next interval, with the same input',
    next: wayOut(answer.error.fault, run.advice),
  })
}

/** What to do about a task that fails, where its error does not say. */
function wayOut(fault: Fault, advice: string | undefined): string[] {
  if (!mayBeARecords(fault)) return ['mend what it names, then start again with the same directory']
  return ['mend the function, then start again with the same directory', ...(advice === undefined ? [] : [advice])]
}

/** The answer of the first attempt that succeeds, or of the last one. Attempts are counted from `first` on. */
async function lastAnswer(run: StageRun, spec: Omit<TaskSpec, 'attempt'>, first = 0): Promise<TaskReport> {
  for (let attempt = 0; ; attempt++) {
    const answer = await answerOf(run, { ...spec, attempt: first + attempt })
    if (answer.kind === 'done') return answer
    run.log.event({
      type: 'task-failed',
      batch: spec.plan.batch,
      task: spec.task,
      attempt,
      code: answer.error.code,
      message: answer.error.message,
    })
    // A task that was lost says nothing about the program, so it gets more chances than one that failed.
    const attemptsMax = attemptsAfter(answer, run)
    if (attempt + 1 >= attemptsMax || !answer.error.retry) return answer
    await pause(run, spec, attempt + 1)
    if (run.signal.aborted) return answer
    assertMayLaunch(run.life, run.clock, spec.plan.batch, reviveError(answer.error))
  }
}

/**
 * What made an attempt fail may pass: a service that is asked too much, a place that is being replaced. Tasks that
 * failed together do not come back together. The wait ends with the run.
 */
function pause(
  { clock, signal }: StageRun,
  { plan, task }: Omit<TaskSpec, 'attempt'>,
  failures: number,
): Promise<void> {
  return clock.sleepUntil(clock.now() + backoffMs(`${plan.nonce}/${task}`, failures), signal)
}

const isLost = ({ error }: TaskFailed): boolean => error.code === 'E_TASK_LOST'

/**
 * What a trial comes to: done, failed through the program, or nothing that says anything about the program. A task that
 * is lost each time counts as failed: it may be the program that ends it.
 */
export async function tryOnce(run: StageRun, spec: Omit<TaskSpec, 'attempt'>): Promise<TaskReport> {
  let outside: TaskReport | null = null
  for (let attempt = 0; ; attempt++) {
    const answer = await answerOf(run, { ...spec, attempt })
    if (answer.kind === 'done') return answer
    const isFaultless = !mayBeARecords(answer.error.fault)
    if (!isLost(answer) && !isFaultless) return answer
    if (isFaultless) outside = answer
    if (attempt + 1 >= LOST_ATTEMPTS || run.signal.aborted) return outside ?? answer
    await pause(run, spec, attempt + 1)
  }
}

/** The attempt that may be made where the batch is planned. */
const isFirst = ({ task, exec, attempt, trial }: TaskSpec): boolean =>
  task === WHOLE && exec === 0 && attempt === 0 && trial === undefined

/**
 * Silence is a failed attempt as well: whatever a silent task still writes has names of its own. An answer to another
 * task is worth nothing.
 */
async function answerOf(run: StageRun, spec: TaskSpec): Promise<TaskReport> {
  const { task, exec } = spec
  const failed = (error: unknown): TaskReport => ({
    kind: 'failed',
    task,
    exec,
    executionId: '',
    error: serialiseError(error, { task }),
  })
  try {
    const answer = isFirst(spec) && run.report ? run.report : await run.launcher.launch(spec, run.signal)
    const wrong = faultOfAnswer(answer, spec, run.stages)
    if (wrong === null) return answer
    return failed(
      new SluiceError(
        'E_TASK_ANSWER',
        `The answer to task ${task} cannot be used: ${wrong.replace(/^(\.)?/, (dot) => (dot ? 'its ' : 'it'))}.`,
        {
          where: { batch: spec.plan.batch, detail: `task ${task}` },
          did: 'nothing of it was used',
          retry: true,
          next: ['start again; if it comes back, report it'],
        },
      ),
    )
  } catch (error) {
    if (isOurs(error)) return failed(error)
    return failed(
      new SluiceError('E_TASK_LOST', `Task ${task} gave no answer: ${messageOf(error)}`, {
        did: 'nothing of this attempt was used',
        retry: true,
        cause: error,
      }),
    )
  }
}

/** A task whose process was lost is tried more often than one that failed. */
function attemptsAfter(answer: TaskFailed, { attemptsMax }: StageRun): number {
  if (!isLost(answer)) return attemptsMax
  return Math.max(attemptsMax, LOST_ATTEMPTS)
}
