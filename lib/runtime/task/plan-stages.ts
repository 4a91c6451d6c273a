import { given } from '../../model/given.ts'
import { encodeActionResult } from '../../plan/action-results.ts'
import { PlannedView } from '../../plan/batch-view.ts'
import { planStages, readsItsOwn, type StagePlan, type Terminal, weightsOf } from '../../plan/stages.ts'
import { JobNeeded } from '../../lineage/jobs.ts'
import { runPartition } from '../../lineage/node.ts'
import { stoppable } from '../../lineage/resident.ts'
import type { BatchPlan } from '../../model/task.ts'
import type { PlannedStage, PlannedTerminal } from '../planner.ts'
import type { TaskProgram } from './program.ts'
import { adoptShuffles, type LocalShuffles, type RanJob } from './ran-job.ts'
import { exchangeBelow } from './local-shuffles.ts'
import type { RunningTask } from './task-scope.ts'

/**
 * The stages of a batch. Which they are may depend on actions inside `transform`: those run in turn, until the lineage
 * is known, and the plan has their results.
 */
export async function stagesAfterActions(
  given: BatchPlan,
  program: TaskProgram,
  staged: boolean,
  answered: (job: JobNeeded, plan: BatchPlan, known: LocalShuffles) => Promise<BatchPlan>,
): Promise<{ readonly plan: BatchPlan; readonly stagePlan: StagePlan }> {
  let last: RanJob | null = null
  for (let plan = given; ;) {
    const known: LocalShuffles = new Map()
    try {
      const view = new PlannedView(program.graph, plan, program.driver, (operator, number, node) => {
        if (last?.operator === operator && last.number === number) adoptShuffles(node, last, known)
      })
      return { plan, stagePlan: planStages(program.graph, view, staged) }
    } catch (error) {
      if (!(error instanceof JobNeeded)) throw error
      const { operator, node } = error
      const number = plan.actions[operator]?.length ?? 0
      plan = await answered(error, plan, known)
      last = { operator, number, node, shuffles: known }
    }
  }
}

/**
 * The plan with what one action comes to. `scope` is made for it: state must not move before the batch does. The
 * shuffles that are `known` are not made again, and those that it makes are known afterwards.
 */
export async function withAction(
  job: JobNeeded,
  plan: BatchPlan,
  scope: RunningTask,
  known: LocalShuffles,
): Promise<BatchPlan> {
  for (const [dependency, shuffle] of known) scope.local.set(dependency, shuffle)
  await exchangeBelow(job.node, scope)
  for (const [dependency, shuffle] of scope.local) known.set(dependency, shuffle)
  const results: unknown[] = []
  for (const split of job.splits) {
    scope.partition.partitionId = split
    const partial = job.newPartial(split)
    await stoppable(() => runPartition(job.node, split, scope, partial.sink))
    results.push(partial.finish())
    await scope.turns.next()
  }
  const earlier = plan.actions[job.operator] ?? []
  return { ...plan, actions: { ...plan.actions, [job.operator]: [...earlier, encodeActionResult(results)] } }
}

/** Stages as whoever does not have the program knows them; `staged` with what it takes to spread them over tasks. */
export const plannedStages = ({ stages }: StagePlan, staged: boolean): PlannedStage[] =>
  stages.map(({ id, node, parents, terminal }) => ({
    id,
    partitions: node.partitions,
    parents,
    terminal: plannedTerminal(terminal),
    ...(staged && given({ weights: weightsOf(node), aligned: readsItsOwn(node, terminal) })),
  }))

function plannedTerminal(terminal: Terminal): PlannedTerminal {
  switch (terminal.kind) {
    case 'shuffle':
      return { kind: 'shuffle', shuffle: terminal.shuffle, reducers: terminal.dependency.partitioner.numPartitions }
    case 'output':
      return { kind: 'output', output: terminal.output }
    case 'retain':
      return { kind: 'retain', stream: terminal.stream }
    case 'effect':
      return { kind: 'effect' }
  }
}
