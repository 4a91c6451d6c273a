import type { StoredCommand } from '../checkpoint/dead-letters.ts'
import type { StoredPlan } from '../checkpoint/stored-plan.ts'
import type { DeadLetters } from '../model/dead-letter.ts'
import type { Head } from '../model/head.ts'
import type { BatchNumber, OperatorUid, TaskId, TickNumber } from '../model/ids.ts'
import type { Manifest } from '../model/manifest.ts'
import type { SourceProgress } from '../model/source-progress.ts'
import type { BatchPlan, SplitEnds, StageWork, TaskReport } from '../model/task.ts'
import { SluiceError } from '../model/errors.ts'
import type { Json } from '../model/json.ts'

/**
 * Where a program is asked what its next batch is. The program may be in this process or in another: what goes in and
 * what comes out is plain data, and asking again changes nothing that anyone can see.
 */
export interface Planner {
  /** What a batch will read and in which stages. Throws what a source throws. */
  plan(request: PlanRequest): Promise<Planned>
  /** The batch as it is kept, once the ends of what it read are known. */
  seal(planned: PlannedBatch): Promise<PlannedBatch>
}

/** More keys than this are a batch's work, whatever it reads: a window may touch all of them. */
export const KEYS_OF_SMALL_BATCH = 50_000

/** How a batch is spread where each task is a call that costs. */
export interface FanOut {
  /** A task for every so many bytes that it reads; a batch that reads no more is one task. */
  readonly taskBytes: number
  /** Shuffle blocks of a batch travel in answers and in requests, as long as all of them are no more. */
  readonly inlineBytes: number
}

/** What a planner is asked, as plain data: all that it needs to know beside its program. */
export interface PlanRequest {
  /** Whose batch it is, and from when its ticks are counted, in ms since the epoch. */
  readonly head: Pick<Head, 'app' | 'inc' | 'epoch' | 'zeroTime' | 'intervalMs'>
  /** Of the last committed manifest. */
  readonly base: PlanBase | null
  /** A batch that reads what is new, or what it was once planned to read. */
  readonly input: PlanInput
  /** Tasks that run at once; 1: the batch is one task. */
  readonly slots: number
  /** A batch that reads no more bytes is one task, whatever `slots` says; `null`: none is. */
  readonly smallBytes: number | null
  /** Whether a batch that is one task may be run where it is planned, in the same call. */
  readonly mayRun: boolean
}

type PlanBase = Pick<Manifest, 'time' | 'positions' | 'state' | 'retained' | 'deadLetters'>

type PlanInput =
  /** Sources are asked what is new. */
  | {
      readonly kind: 'new'
      readonly slot: BatchSlot
      /** Most records of each source; `null`: all there are. */
      readonly limits: { readonly [source: string]: number | null }
      /** Files that an attempt of this batch found still being written. */
      readonly unready: readonly string[]
      /** When this coordinator began: what a stream takes as its time of creation. */
      readonly startedAt: number
      readonly letterCommands: readonly StoredCommand[]
    }
  /** The batch reads what it was once planned to read. */
  | { readonly kind: 'fixed'; readonly facts: PlanFacts }

export interface BatchSlot {
  readonly batch: BatchNumber
  readonly tick: TickNumber
  readonly time: number
}

/** What of a batch is decided before its stages are known. It is all that is kept of a plan. */
export type PlanFacts = StoredPlan

export type Planned =
  | { readonly kind: 'planned'; readonly batch: PlannedBatch }
  /** What the batch reads is known; an action inside `transform`, or the program itself, failed on it. */
  | { readonly kind: 'failed'; readonly facts: PlanFacts; readonly error: unknown }

export interface PlannedBatch {
  readonly plan: BatchPlan
  /** In an order in which every stage comes after those it reads. */
  readonly stages: readonly PlannedStage[]
  readonly staged: boolean
  readonly positions: PlanFacts['positions']
  readonly settled: readonly string[]
  /** Dead letters that the batch adds. */
  readonly deadLetters: DeadLetters | null
  /** How far its sources come with it, where they say so: those that discover, once they have. */
  readonly progress: { readonly [source: string]: SourceProgress }
  /** Letters of what its sources could not decode. */
  readonly undecoded: DeadLetters | null
  /** Of the first attempt, where the batch was run as it was planned. */
  readonly report?: TaskReport
}

export interface PlannedStage {
  readonly id: number
  readonly partitions: number
  /** Stages whose shuffles this one reads. */
  readonly parents: readonly number[]
  readonly terminal: PlannedTerminal
  /** About how many bytes each partition reads of sources; left out where that is not known. */
  readonly weights?: readonly number[]
  /** Of each shuffle, a partition reads what was sent to the reducer of its number, and nothing else. */
  readonly aligned?: true
}

/** What becomes of the records of a stage. */
export type PlannedTerminal =
  | { readonly kind: 'shuffle'; readonly shuffle: number; readonly reducers: number }
  | { readonly kind: 'output'; readonly output: OperatorUid }
  | { readonly kind: 'retain'; readonly stream: string }
  | { readonly kind: 'effect' }

/** The plan of a batch whose input is decided, before it is known what actions inside `transform` come to. */
export const unstaged = (
  { positions: _positions, settled: _settled, ...facts }: PlanFacts,
  { head, base }: Pick<PlanRequest, 'head' | 'base'>,
  fingerprint: string,
  nonce: string,
): BatchPlan => ({
  ...facts,
  app: head.app,
  inc: head.inc,
  nonce,
  epoch: head.epoch,
  graph: fingerprint,
  zeroTime: head.zeroTime,
  state: base?.state ?? {},
  retained: base?.retained ?? {},
})

/** The name of the task that is a whole batch. */
export const WHOLE: TaskId = 'all'

/** All stages, each with all its partitions, for one task. */
export const wholeBatch = (stages: readonly PlannedStage[]): StageWork[] => stages.map(wholeStage)

const wholeStage = (stage: PlannedStage): StageWork => ({
  stage: stage.id,
  partitions: Array.from({ length: stage.partitions }, (_, i) => i),
})

/**
 * Sources whose splits end where reading finds it (`Source.discovers`). A plan begins with splits that are open. The
 * first execution whose answer is used fixes their ends: from then on the plan has them, and whoever is given the plan
 * reads the same records, be it another stage, a retry or a trial. What is kept, in the manifest and as the position,
 * are the sealed splits alone.
 *
 * The plan with the ends that these answers found. They are the answers whose results are used: what others found
 * counts for nothing.
 */
export function withEnds(plan: BatchPlan, answers: readonly { readonly ends?: SplitEnds }[]): BatchPlan {
  const ends: Record<string, Record<string, Json>> = {}
  for (const answer of answers)
    for (const [source, found] of Object.entries(answer.ends ?? {}))
      for (const [split, sealed] of Object.entries(found)) addEnd(plan, (ends[source] ??= {}), source, split, sealed)
  if (Object.keys(ends).length === 0) return plan
  const all: Record<string, Record<string, Json>> = { ...plan.ends }
  for (const [source, found] of Object.entries(ends)) all[source] = { ...all[source], ...found }
  return { ...plan, ends: all }
}

function addEnd(plan: BatchPlan, ends: Record<string, Json>, source: string, split: string, sealed: Json): void {
  const known = plan.ends?.[source]?.[split] ?? ends[split]
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(sealed)) {
    throw new SluiceError('E_SOURCE_END', `A split of ${source} was read twice, to different ends.`, {
      where: { batch: plan.batch, detail: split },
      did: 'the batch did not commit; its input is read again',
      next: ['report it'],
    })
  }
  ends[split] = sealed
}
