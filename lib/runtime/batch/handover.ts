import { given } from '../../model/given.ts'
import { getBlob, putBlob } from '../../checkpoint/blobs.ts'
import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import { decodeSeals, type StoredSeals, type StoredTrial } from '../../checkpoint/stored-seals.ts'
import { sealed } from '../../checkpoint/transition.ts'
import type { Clock } from '../../host/clock.ts'
import { hasCode, SluiceError } from '../../model/errors.ts'
import type { ExecutionNumber } from '../../model/ids.ts'
import type { BatchPlan, StageWork, TaskReport, TaskSpec } from '../../model/task.ts'
import { type PlannedBatch, type PlannedStage, withEnds } from '../planner.ts'
import { faultOfAnswer } from './check-answer.ts'
import type { HeldApp } from './held-app.ts'
import type { KnownTrials } from './known-trials.ts'
import { type OpenablePlan, openPlan } from './open-plan.ts'

type TaskDone = Extract<TaskReport, { kind: 'done' }>

/** How long a coordinator lives; times in ms since the epoch. */
export interface Life {
  /** No task is launched from then on. */
  readonly launchUntil: number
  /** What has not answered by then is left to the next coordinator. */
  readonly sealAt: number
}

interface Known {
  readonly task: TaskSpec['task']
  readonly partitions: readonly number[]
  readonly answer: TaskDone
}

/**
 * How far a batch has come, for a coordinator that may end before the batch does. It begins with the answers that the
 * coordinator before has sealed, and hears of each new one.
 */
export class Progress {
  readonly #tasks = new Map<number, Known[]>()
  #exec: ExecutionNumber
  #isClosed = false
  #plan: BatchPlan
  /** Of a search that began when the batch failed in a life before, and may go on. */
  readonly #trials: readonly StoredTrial[] | undefined

  constructor(seals: StoredSeals | null, plan: BatchPlan, stages: readonly PlannedStage[]) {
    this.#exec = seals?.exec ?? 0
    this.#trials = seals?.trials
    this.#plan = withEnds(plan, seals?.ends ? [{ ends: seals.ends }] : [])
    const fits = seals?.tasks.every(({ task, stage, partitions, answer }) => {
      const work = [{ stage, partitions }]
      return stages[stage] && faultOfAnswer(answer, specOf(plan, task, this.exec, work), stages) === null
    })
    // Answers to another plan, as a program gives that is not the same each time: everything is asked again.
    if (!fits) return
    for (const { task, stage, partitions, answer } of seals!.tasks)
      this.#of(stage).push({ task, partitions, answer: answer as TaskDone })
  }

  /** The execution that the answers are of. */
  get exec(): ExecutionNumber {
    return this.#exec
  }
  /** The plan, with the ends that are known by now. */
  get plan(): BatchPlan {
    return this.#plan
  }

  /** Winners of the stage, in the order of their partitions, in which the next stage reads records of one key. */
  answersOf(stage: PlannedStage): readonly TaskDone[] {
    return this.#of(stage.id).map(({ answer }) => answer)
  }

  /** Partitions of the stage that no winner has. */
  missing(stage: PlannedStage): number[] {
    const there = new Set(this.#of(stage.id).flatMap(({ partitions }) => partitions))
    return Array.from({ length: stage.partitions }, (_, i) => i).filter((partition) => !there.has(partition))
  }

  /** The first answer of a task; later ones come to nothing, as do those to an execution that is over. */
  add({ stage, partitions }: StageWork, answer: TaskDone): void {
    const known = this.#of(stage)
    if (this.#isClosed || answer.exec !== this.#exec || known.some(({ task }) => task === answer.task)) return
    this.#plan = withEnds(this.#plan, [answer])
    const after = known.findIndex((each) => each.partitions[0]! > partitions[0]!)
    known.splice(after < 0 ? known.length : after, 0, { task: answer.task, partitions, answer })
  }

  /** Whether the answer counts; what any other has written is of no use. */
  holds(answer: TaskDone): boolean {
    return this.answers.includes(answer)
  }

  /** What is known is sealed: an answer that comes now is for nothing. */
  close(): void {
    this.#isClosed = true
  }

  /** The answer of a batch that is one task: nothing of it is kept but what it found to be the input. */
  addWhole(answer: TaskDone): void {
    this.#plan = withEnds(this.#plan, [answer])
  }

  /** Another execution: no answer of those before counts, but what they found to be the input stays the input. */
  restart(): void {
    this.#exec++
    this.#tasks.clear()
  }

  get answers(): TaskDone[] {
    return [...this.#tasks.values()].flat().map(({ answer }) => answer)
  }

  stored(): StoredSeals {
    const { ends, skip } = this.#plan
    // Who goes on does not know which records were set aside: it finds that out, and the answers, anew.
    const tasks = skip ? [] : [...this.#tasks].flatMap(([stage, known]) => known.map((each) => ({ stage, ...each })))
    return { exec: this.#exec, tasks, ...given({ ends, trials: this.#trials }) }
  }

  #of(stage: number): Known[] {
    const known = this.#tasks.get(stage) ?? []
    this.#tasks.set(stage, known)
    return known
  }
}

const specOf = (
  plan: BatchPlan,
  task: TaskSpec['task'],
  exec: ExecutionNumber,
  work: readonly StageWork[],
): TaskSpec => ({ plan, task, exec, attempt: 0, work, inputs: {}, staged: true })

/** Throws `E_HANDED_OVER` where no task may be launched any more; `failure`: why it would be launched once more. */
export function assertMayLaunch(life: Life | null, clock: Clock, batch: number, failure?: SluiceError): void {
  if (life && clock.now() >= life.launchUntil) throw handedOver(batch, failure)
}

/** What `work` comes to, or `E_HANDED_OVER` when it has not come to it in time; it may go on then, for nothing. */
export async function beforeTheEnd<R>(work: Promise<R>, life: Life | null, clock: Clock, batch: number): Promise<R> {
  if (!life) return work
  const over = new AbortController()
  const end = clock.sleepUntil(life.sealAt, over.signal, 'idle').then((): 'end' => 'end')
  try {
    const first = await Promise.race([work, end])
    if (first !== 'end') return first
    work.catch(() => {})
    throw handedOver(batch)
  } finally {
    over.abort()
  }
}

const handedOver = (batch: number, failure?: unknown): SluiceError =>
  new SluiceError('E_HANDED_OVER', `The coordinator ends before batch ${batch} does.`, {
    where: { batch },
    did: 'what its tasks have answered is kept; the next coordinator goes on from there',
    retry: true,
    next: [],
    cause: failure,
  })

export const isHandover = (error: unknown): boolean => hasCode(error, 'E_HANDED_OVER')

/** Keeps what has been answered, under the plan that it answers, for the next coordinator. */
export async function seal(held: HeldApp, planned: PlannedBatch, progress: Progress): Promise<void> {
  if (progress.answers.length > 0) await keep(held, { ...planned, plan: progress.plan }, progress.stored())
}

/** A search for records to set aside: in which batch, and how far it has come. */
export interface Search {
  readonly of: OpenablePlan
  readonly trials: KnownTrials
}

/**
 * Keeps how far a search has come. What has been set aside is no part of the plan that is kept: the next coordinator
 * runs the batch as it is, and only if that fails once more the answers count. Throws what the batch failed with, as
 * the cause of another handover, where this life has found nothing that was not known.
 */
export async function sealSearch(held: HeldApp, { of, trials }: Search, failure: unknown): Promise<void> {
  if (!trials.hasGrown) throw handedOver(of.plan.batch, failure)
  await keep(held, of, { exec: 0, tasks: [], ...trials.stored() })
}

async function keep(held: HeldApp, planned: OpenablePlan, stored: StoredSeals): Promise<void> {
  const { head } = held.writer
  const before = head.plan?.seals
  const { batch } = planned.plan
  const key = new ObjectKeys(head.app, head.inc).plan(batch, held.host.random.newId())
  const seals = await putBlob(held.host.blobs, key, Buffer.from(JSON.stringify(stored)))
  if (head.plan) await held.writer.write((now) => sealed(now, seals), 'seal')
  else await openPlan(held, planned, seals)
  if (before && before.inline === undefined) held.sweeper.discard([before.key], batch)
}

/** What the coordinators before have sealed of the open plan; nothing where it cannot be read. */
export async function storedSeals(held: HeldApp): Promise<StoredSeals | null> {
  const ref = held.writer.head.plan?.seals
  if (!ref) return null
  return decodeSeals(await getBlob(held.host.blobs, ref), ref)
}

/** Every object that a task wrote. */
export function keysOf({ shuffles, state, retained, outputs }: TaskDone): string[] {
  const refs = [
    ...shuffles.map(({ ref }) => ref),
    ...state.flatMap(({ block, window }) => [block?.ref, window?.pane?.ref]),
    ...retained.map(({ ref }) => ref),
    ...outputs.map(({ ref }) => ref),
  ]
  return [...new Set(refs.flatMap((ref) => (ref && ref.inline === undefined ? [ref.key] : [])))]
}

/** Objects that the next coordinator needs, though no manifest names them. */
export const keysOfSeals = (seals: StoredSeals | null): string[] =>
  (seals?.tasks ?? []).flatMap(({ answer }) => keysOf(answer as TaskDone))
