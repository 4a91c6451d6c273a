import { given } from '../../model/given.ts'
import type { RecordCounts } from '../../model/dead-letter.ts'
import { blamesARecord } from '../../model/errors.ts'
import type { BatchPlan, TaskReport, TaskSpec, Trial } from '../../model/task.ts'
import type { StagePlan } from '../../plan/stages.ts'
import { Blame, ENOUGH } from '../../lineage/blame.ts'
import { withAccumulatorScope } from '../../lineage/accumulator.ts'
import { plannedStages, stagesAfterActions, withAction } from './plan-stages.ts'
import type { TaskProgram } from './program.ts'
import { readForTrial, scratchOver } from './trial.ts'
import { serialiseError } from '../serialised-error.ts'
import { wholeBatch } from '../planner.ts'
import { Execution, type TaskHost, type TrialHost } from './execution.ts'

function trialHost({ staged: _kept, ...host }: TaskHost): TaskHost {
  return { ...host, blobs: scratchOver(host.blobs) }
}

/**
 * A trial that runs the program does so on a copy of everything: its state begins cold, and what it writes is gone with
 * it. Actions inside `transform` are part of it: they see the records that it is about.
 */
export function runTrial(spec: TaskSpec, trial: Trial, program: TaskProgram, host: TaskHost): Promise<TaskReport> {
  switch (trial.kind) {
    case 'prefix':
      return tryOut(spec, program, trialHost(host))
    case 'blame':
      return findBlame(spec, trial, program, trialHost(host))
    default:
      return readForTrial(spec, trial, program.graph, host)
  }
}

/** Trials say what failed, and nothing of what they did counts. */
const nothingDone = { shuffles: [], reduced: [], state: [], retained: [], outputs: [], records: {}, accumulators: {} }

async function tryOut(spec: TaskSpec, program: TaskProgram, host: TaskHost): Promise<TaskReport> {
  const { task, exec } = spec
  const whole = new WholeBatch(spec, program, host)
  try {
    await whole.run()
    return { kind: 'done', task, exec, executionId: whole.id, ...nothingDone }
  } catch (error) {
    return { kind: 'failed', task, exec, executionId: whole.id, error: serialiseError(error, { task }), ...whole.read }
  }
}

async function findBlame(
  spec: TaskSpec,
  { starts, without, max }: Extract<Trial, { kind: 'blame' }>,
  program: TaskProgram,
  host: TaskHost,
): Promise<TaskReport> {
  const { task, exec } = spec
  const blame = new Blame({ starts, without: new Set(without), max })
  const whole = new WholeBatch(spec, program, { ...host, blame })
  try {
    await whole.run()
  } catch (error) {
    if (error !== ENOUGH && !blamesARecord(error))
      return { kind: 'failed', task, exec, executionId: whole.id, error: serialiseError(error, { task }) }
  }
  const blamed = blame.accused.map(({ positions, error }) => ({ positions, error: serialiseError(error, { task }) }))
  return { kind: 'done', task, exec, executionId: whole.id, ...nothingDone, blamed }
}

/** All stages of a batch in one task, after the actions that they depend on. */
class WholeBatch {
  readonly id: string
  readonly #spec: TaskSpec
  readonly #program: TaskProgram
  readonly #host: TrialHost
  #execution: Execution | null = null

  constructor(spec: TaskSpec, program: TaskProgram, host: TrialHost) {
    this.id = host.random.newId()
    this.#spec = spec
    this.#program = program
    this.#host = host
  }

  /** What the stages had read; while actions run nobody counts. */
  get read(): { readonly read?: RecordCounts } {
    return given({ read: this.#execution?.read })
  }

  run(): Promise<unknown> {
    return withAccumulatorScope(() => this.#stages()).result
  }

  async #stages(): Promise<void> {
    const { plan, stagePlan } = await stagesAfterActions(
      { ...this.#spec.plan, actions: {} },
      this.#program,
      false,
      // Each trial runs everything: a record to blame may be anywhere below.
      (job, known) => withAction(job, known, this.#on(known, NO_STAGES).scope, new Map()),
    )
    this.#execution = this.#on(plan, stagePlan)
    await this.#execution.all(wholeBatch(plannedStages(stagePlan, false)))
  }

  #on(plan: BatchPlan, stages: StagePlan): Execution {
    return new Execution({ ...this.#spec, plan }, stages, this.#program.coldState(), this.#host, this.id)
  }
}

const NO_STAGES: StagePlan = { stages: [], shuffleIds: new Map() }
