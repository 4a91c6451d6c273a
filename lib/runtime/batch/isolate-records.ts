import type { BatchNumber, OperatorUid, TaskId } from '../../model/ids.ts'
import { SluiceError } from '../../model/errors.ts'
import type { DeadLetterFacts, RecordCounts, RecordNumbers } from '../../model/dead-letter.ts'
import type { BlobRef } from '../../model/refs.ts'
import type { BatchPlan, SerialisedError, TaskReport, Trial } from '../../model/task.ts'
import { reviveError } from '../task/serialised-error.ts'
import { mayBeARecords, type StageRun, tryOnce, wholeBatch } from './run-stages.ts'
import { withEnds } from './split-ends.ts'

export interface IsolatedRecords {
  /**
   * The plan without the records that made it fail, under a nonce of its own: late answers to the old one are answers
   * to another plan.
   */
  readonly plan: BatchPlan
  readonly letters: readonly DeadLetterFacts[]
  /** `null` where the batch, run again, did not fail at all. */
  readonly ref: BlobRef | null
  readonly records: number
}

/** More records than this, and more than one in a hundred: then it is the code that is at fault, not the data. */
const LETTERS_MAX = 100
const SHARE_MAX = 0.01

/**
 * Finds the records without which a batch runs through. Records have an order, that of the splits; the one to blame is
 * the last of the shortest prefix that fails, found by halving, which also holds where a record fails only after
 * others. Then the same for what follows it, until all of the rest runs through. Throws `failure`, with which the batch
 * failed at first, when no record is to blame. `run` has the stages of a batch that is one task.
 */
export async function isolateRecords(run: StageRun, nonce: () => string, failure: unknown): Promise<IsolatedRecords> {
  const { batch } = run.plan
  const trials = await Trials.count(run)
  const { total } = trials
  let { plan } = trials
  const letters: DeadLetterFacts[] = []
  if (total === 0 || (await trials.failsAt(0, plan))) throw failure
  for (let good = 0; ;) {
    const found = await trials.firstFailure(good, plan)
    if (!found) break
    // Every record has been let off, and still: it fails for no reason of theirs.
    if (good >= total) throw failure
    if (letters.length >= Math.max(LETTERS_MAX, SHARE_MAX * total)) throw tooMany(letters.length, total, batch, failure)
    const { source, split, index } = trials.recordAt(found.length - 1)
    const {
      code,
      message,
      where: { place },
    } = found.error
    letters.push({
      id: `${batch}-${letters.length + 1}`,
      source,
      split,
      index,
      code,
      message,
      place: typeof place === 'string' ? place : null,
    })
    plan = { ...plan, nonce: nonce(), skip: withRecord(plan.skip, source, split, index) }
    good = found.length
  }
  return { plan, letters, ref: letters.length > 0 ? await trials.store(letters, plan) : null, records: total }
}

const withRecord = (skip: RecordNumbers = {}, source: OperatorUid, split: string, index: number): RecordNumbers => ({
  ...skip,
  [source]: { ...skip[source], [split]: [...(skip[source]?.[split] ?? []), index] },
})

const tooMany = (letters: number, records: number, batch: BatchNumber, cause: unknown): SluiceError =>
  new SluiceError('E_DEAD_LETTERS', `More than ${letters} of ${records} records make the batch fail.`, {
    where: { batch },
    did:
      'nothing was set aside: so many are the fault of the code, not of the data; the batch did not ' +
      'commit, and its input is read again',
    next: ['mend the function, then start again with the same directory'],
    cause,
  })

interface Failure {
  readonly error: SerialisedError
  /** No longer prefix than this is needed to fail. */
  readonly length: number
}

interface SplitCount {
  readonly source: OperatorUid
  readonly split: string
  readonly from: number
  readonly count: number
}

/** Runs of the whole batch, as one task each, on the first so many of its records. */
class Trials {
  readonly #run: StageRun
  readonly #splits: readonly SplitCount[]
  /** What was counted: where reading finds the ends, all trials read up to those that the first one found. */
  readonly plan: BatchPlan
  readonly total: number
  #tried = 0

  private constructor(run: StageRun, plan: BatchPlan, counts: RecordCounts) {
    this.#run = run
    this.plan = plan
    let total = 0
    this.#splits = Object.entries(counts).flatMap(([source, splits]) =>
      Object.entries(splits).map(([split, count]) => ({ source, split, count, from: (total += count) - count })),
    )
    this.total = total
  }

  static async count(run: StageRun): Promise<Trials> {
    const answer = await answerTo(run, run.plan, 'count', { kind: 'count' })
    if (answer.kind === 'failed') throw reviveError(answer.error)
    return new Trials(run, withEnds(run.plan, [answer]), answer.records)
  }

  async store(letters: readonly DeadLetterFacts[], plan: BatchPlan): Promise<BlobRef> {
    const answer = await answerTo(this.#run, plan, 'letters', { kind: 'letters', letters })
    if (answer.kind === 'failed') throw reviveError(answer.error)
    return answer.letters!
  }

  recordAt(position: number): { readonly source: OperatorUid; readonly split: string; readonly index: number } {
    const { source, split, from } = this.#splits.find(
      ({ from: first, count }) => position >= first && position < first + count,
    )!
    return { source, split, index: position - from }
  }

  /** The shortest prefix that fails, given that those up to `good` do not; `null` if none does. */
  async firstFailure(good: number, plan: BatchPlan): Promise<Failure | null> {
    let failure = await this.failsAt(this.total, plan)
    if (!failure) return null
    for (let known = good; failure.length > known + 1;) {
      const middle = known + Math.floor((failure.length - known) / 2)
      const shorter = await this.failsAt(middle, plan)
      if (shorter) failure = shorter
      else known = middle
    }
    return { ...failure, length: Math.max(failure.length, good + 1) }
  }

  async failsAt(length: number, plan: BatchPlan): Promise<Failure | null> {
    const answer = await answerTo(this.#run, plan, `try${this.#tried++}`, { kind: 'prefix', take: this.#take(length) })
    if (answer.kind === 'done') return null
    if (!mayBeARecords(answer.error)) throw reviveError(answer.error)
    return { error: answer.error, length: Math.min(length, answer.read ? this.#reach(answer.read) : length) }
  }

  #take(length: number): RecordCounts {
    const take: Record<string, Record<string, number>> = {}
    for (const { source, split, from, count } of this.#splits)
      (take[source] ??= {})[split] = Math.max(0, Math.min(count, length - from))
    return take
  }

  /** The prefix that holds everything that had been read. */
  #reach(read: RecordCounts): number {
    return this.#splits.reduce((reach, { source, split, from }) => {
      const count = read[source]?.[split]
      return count ? Math.max(reach, from + count) : reach
    }, 0)
  }
}

const answerTo = (run: StageRun, plan: BatchPlan, task: TaskId, trial: Trial): Promise<TaskReport> =>
  tryOnce(run, {
    plan,
    task,
    exec: 0,
    work: trial.kind === 'prefix' ? wholeBatch(run.stagePlan) : [],
    inputs: {},
    staged: false,
    trial,
  })
