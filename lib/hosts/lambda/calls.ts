import type { Packed } from '../../adapters/aws/lambda/packed.ts'
import type { TaskMessage } from '../../adapters/aws/lambda/task-message.ts'
import type { OutputRequest } from '../../checkpoint/decide-output.ts'
import type { DeadLetters } from '../../model/dead-letter.ts'
import { SluiceError } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { ProgramFacts } from '../../model/program-facts.ts'
import type { BatchPlan, SerialisedError, TaskReport } from '../../model/task.ts'
import type { PlanFacts, PlannedBatch, PlanRequest } from '../../runtime/planner.ts'

/*
 * What the coordinator function asks of the functions that have the program. Plain data, in messages of at most 6 MB;
 * what is bigger travels as an object.
 */

/** What the task function is asked for. A message without a kind is a task. */
export type TaskCall = PlanningCall | ({ readonly kind?: undefined } & TaskMessage)

export type PlanningCall =
  /** What the program is. */
  | { readonly kind: 'describe' }
  /** What its next batch is; with `runs`, a batch that fits one task is run as well. */
  | {
      readonly kind: 'plan'
      readonly app: string
      readonly fingerprint: string
      readonly runs: boolean
      readonly request: Packed<PlanRequest>
    }
  | { readonly kind: 'seal'; readonly planned: Packed<PlannedBatch> }

export type Answer<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: SerialisedError }

/** A program as the task function describes it. */
export interface DescribedProgram {
  /** The name of its app in heads and keys. */
  readonly app: string
  readonly facts: ProgramFacts
}

/** What a plan comes back with. State and kept records are left out: who asked has sent them. */
export interface PlanAnswer {
  readonly planned:
    | {
        readonly kind: 'planned'
        readonly batch: Omit<PlannedBatch, 'plan'> & { readonly plan: Omit<BatchPlan, 'state' | 'retained'> }
      }
    | { readonly kind: 'failed'; readonly facts: PlanFacts; readonly error: SerialisedError }
  /** Of the first attempt, where the batch was run as well. */
  readonly report: TaskReport | null
  /** The batch as it is kept if that attempt counts: nobody need ask for it. Only of sources that discover. */
  readonly sealed?: Sealed
  /** Objects that sources no longer need. Only the coordinator may delete. */
  readonly unneeded: readonly string[]
}

/** What sealing a batch changes of it. */
export interface Sealed extends Pick<PlannedBatch, 'positions' | 'progress'> {
  readonly plan: Pick<BatchPlan, 'cuts' | 'skip'>
}

/** Some outputs of one batch, to be shown in this order. */
export interface ShowRequest extends Omit<OutputRequest, 'output'> {
  readonly outputs: readonly string[]
  /** What tasks of committed batches added to accumulators, by batch. */
  readonly additions?: readonly BatchAdditions[]
  /** What listeners hear of the batch before its outputs. */
  readonly progress?: Progress
}

export interface BatchAdditions {
  readonly batch: number
  readonly accumulators: readonly { readonly [accumulator: string]: Json }[]
}

/** Times in ms since the epoch. */
export interface Progress {
  readonly submitted: number
  readonly started: number
}

/** What became of each output that was asked for. */
export interface OutputAnswer {
  readonly shown: readonly ShownOutput[]
}

export interface ShownOutput {
  readonly output: string
  /** When it was begun and when it ended, ms since the epoch. */
  readonly began: number
  readonly ended: number
  /** What kept it from being shown. */
  readonly error?: SerialisedError
  /** Records that it was shown without. */
  readonly letters?: DeadLetters
}

/** Functions of two deployments have other operators under the same numbers. */
export const otherGraph = (mine: string, wanted: string, did: string): SluiceError =>
  new SluiceError('E_GRAPH_CHANGED', `This function holds the graph ${mine}; the coordinator runs ${wanted}.`, {
    did,
    next: ['deploy all functions together'],
  })
