import type { BatchPlan, MapOutput, TaskSpec } from '../../model/task.ts'
import { forReducers } from '../../shuffle/own-sections.ts'
import { type FanOut, KEYS_OF_SMALL_BATCH, type PlannedStage } from '../planner.ts'

/** How far the work of a stage is spread. */
interface Spread {
  /** Tasks that run at once. */
  readonly slots: number
  /** A task for every so many bytes; `null`: as many as there are slots. */
  readonly taskBytes: number | null
}

/** What is known of the input of a stage. */
interface StageInput {
  /** In rising order: those that no task has answered for yet. */
  readonly partitions: readonly number[]
  /** About how many bytes each partition of the stage reads, where that is known. */
  readonly weights: readonly number[] | null
  /** About how many bytes all of them read; `null` where that is not known, or is not all of the work. */
  readonly bytes: number | null
}

/**
 * Partitions in shares of neighbours, as even as they go by what they weigh; none for a stage without partitions. No
 * share reaches over partitions that have a winner: what it writes stands in one place of their order. Pure.
 */
export function shares({ partitions, weights, bytes }: StageInput, { slots, taskBytes }: Spread): number[][] {
  const wanted = taskBytes === null || bytes === null ? slots : Math.min(slots, Math.ceil(bytes / taskBytes))
  return runsOf(partitions).flatMap((run) => {
    const tasks = Math.min(run.length, Math.max(1, Math.floor((wanted * run.length) / partitions.length)))
    const total = run.reduce((sum, partition) => sum + (weights?.[partition] ?? 0), 0)
    if (total === 0) return byNumber(run, tasks)
    return byWeight(run, weights!, total, tasks)
  })
}

function byNumber(run: readonly number[], tasks: number): number[][] {
  const bound = (i: number): number => Math.floor((i * run.length) / tasks)
  return Array.from({ length: tasks }, (_, i) => run.slice(bound(i), bound(i + 1)))
}

/** A share ends where it has its part of the weight, or where each task that is left needs a partition of its own. */
function byWeight(run: readonly number[], weights: readonly number[], total: number, tasks: number): number[][] {
  const all: number[][] = [[]]
  let sum = 0
  for (const [i, partition] of run.entries()) {
    all.at(-1)!.push(partition)
    sum += weights[partition]!
    const [left, tasksLeft] = [run.length - i - 1, tasks - all.length]
    if (tasksLeft > 0 && (left === tasksLeft || sum * tasks >= total * all.length)) all.push([])
  }
  return all
}

function runsOf(partitions: readonly number[]): number[][] {
  const runs: number[][] = []
  for (const partition of partitions) {
    const last = runs.at(-1)
    if (last?.at(-1) === partition - 1) last.push(partition)
    else runs.push([partition])
  }
  return runs
}

/**
 * What a stage reads: of sources what the plan says, of shuffles what was written. Which partition reads how much of a
 * shuffle does not count: the same partitions shall come to one process again, where their state is warm.
 */
export function inputOf(
  { partitions: all, weights, parents }: PlannedStage,
  partitions: readonly number[],
  inputs: readonly MapOutput[],
  keys: number,
): StageInput {
  if (parents.length > 0) {
    const written = inputs.reduce((sum, { ref }) => sum + ref.len, 0)
    return { partitions, weights: null, bytes: keys > KEYS_OF_SMALL_BATCH ? null : written }
  }
  if (weights?.length !== all) return { partitions, weights: null, bytes: null }
  return { partitions, weights, bytes: partitions.reduce((sum, partition) => sum + weights[partition]!, 0) }
}

/**
 * For how many bytes a batch that is spread has a task; `null`: for none in particular. One that is spread although it
 * reads little has a reason, such as a task for which it was too long.
 */
export function taskBytesOf(stages: readonly PlannedStage[], fanOut: FanOut | null): number | null {
  if (fanOut === null) return null
  let bytes = 0
  for (const { parents, partitions, weights } of stages) {
    if (parents.length > 0) continue
    if (weights?.length !== partitions) return null
    for (const weight of weights) bytes += weight
  }
  return bytes > fanOut.taskBytes ? fanOut.taskBytes : null
}

/**
 * How many bytes of a block may travel in an answer, so that those of all `tasks` for all shuffles are no more than
 * may; `undefined` where there is nothing to share among.
 */
export function inlineBytesOf(fanOut: FanOut | null, tasks: number, shuffles: number): number | undefined {
  if (fanOut === null || tasks === 0 || shuffles === 0) return undefined
  return Math.floor(fanOut.inlineBytes / (tasks * shuffles))
}

/** What was written for the shuffles that a stage reads. */
export function inputsOf(
  { parents }: PlannedStage,
  stages: readonly PlannedStage[],
  outputs: TaskSpec['inputs'],
): TaskSpec['inputs'] {
  const read: Record<number, readonly MapOutput[]> = {}
  for (const parent of parents) {
    const { terminal } = stages[parent]!
    if (terminal.kind === 'shuffle') read[terminal.shuffle] = outputs[terminal.shuffle]!
  }
  return read
}

/** The same for one task of it: of what travels, no more than it reads. `partitions` are neighbours. */
export function ownInputs(
  { aligned }: PlannedStage,
  partitions: readonly number[],
  inputs: TaskSpec['inputs'],
): TaskSpec['inputs'] {
  if (!aligned) return inputs
  const range = { first: partitions[0]!, last: partitions.at(-1)! }
  const own: Record<number, readonly MapOutput[]> = {}
  for (const [shuffle, outputs] of Object.entries(inputs))
    own[Number(shuffle)] = outputs.map((output) => forReducers(output, range))
  return own
}

/** How many keys the state has on which a batch builds. */
export const keysIn = ({ state }: Pick<BatchPlan, 'state'>): number =>
  Object.values(state)
    .flatMap(({ chains }) => chains)
    .reduce((sum, { keys }) => sum + keys, 0)
