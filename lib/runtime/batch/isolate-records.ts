import type { BatchNumber, OperatorUid, TaskId } from '../../model/ids.ts'
import { mayBeARecords } from '../../model/error-codes.ts'
import { hasCode, SluiceError } from '../../model/errors.ts'
import type { DeadLetterFacts, RecordCounts, RecordNumbers } from '../../model/dead-letter.ts'
import type { BlobRef } from '../../model/refs.ts'
import type { BatchPlan, Blamed, SerialisedError, TaskReport, TaskSpec, Trial } from '../../model/task.ts'
import { reviveError } from '../serialised-error.ts'
import { lettersMax } from '../../checkpoint/dead-letters.ts'
import type { KnownTrials } from './known-trials.ts'
import { type StageRun, tryOnce } from './run-stages.ts'
import { withEnds } from '../planner.ts'

export interface IsolatedRecords {
  /**
   * The plan without the records that made it fail, under a nonce of its own: late answers to the old one are answers
   * to another plan.
   */
  readonly plan: BatchPlan
  /** Letters to be stored, or that were; where they say so, `ref` has them. */
  readonly letters: readonly DeadLetterFacts[]
  /** `null` where the batch, run again, did not fail at all. */
  readonly ref: BlobRef | null
  readonly records: number
}

/**
 * Finds the records without which a batch runs through. One pass over the batch, record by record, finds all that make
 * a function fail on their own; a few more tell which of the records of a key it was. What is left by then fails only
 * where many records meet, or ends its process: of those, one at a time is found by halving. Records have an order,
 * that of the splits; the one to blame is the last of the shortest prefix that fails. Throws `failure`, with which the
 * batch failed at first, when no record is to blame. `run` is of a batch that is one task; what is `known` is not tried
 * again.
 */
export async function isolateRecords(
  run: StageRun,
  known: KnownTrials,
  nonce: () => string,
  failure: unknown,
): Promise<IsolatedRecords> {
  const { batch } = run.plan
  const trials = await Trials.count(run, known)
  const { total } = trials
  const found = new Found(lettersMax(total), (letters) => tooMany(letters, total, batch, failure))
  if (total === 0 || saysMore(await trials.failsAt(0, found))) throw failure
  const passes = hasCode(failure, 'E_TASK_LOST') ? 0 : PASSES_MAX
  let isWell = false
  for (let pass = 0; pass < passes && !isWell; pass++) {
    const culprits = await trials.culprits(found)
    if (culprits.length === 0) break
    for (const culprit of culprits) found.add(culprit)
    isWell = (await trials.failsAt(total, found)) === null
  }
  for (let good = 0; !isWell;) {
    const next = await trials.firstFailure(good, found)
    if (!next) break
    // Every record has been let off, and still: it fails for no reason of theirs.
    if (good >= total) throw failure
    found.add({ position: next.length - 1, error: next.error })
    good = next.length
  }
  const letters = found.all.map(({ position, error }, i) =>
    letterOf(`${batch}-${i + 1}`, trials.recordAt(position), error),
  )
  const plan = found.all.length === 0 ? trials.plan : { ...trials.without(found), nonce: nonce() }
  if (letters.length === 0) return { plan, letters, ref: null, records: total }
  return { plan, letters, ref: await trials.store(letters, plan), records: total }
}

/** What fails without any record is the program's. `max` and the like only say that there is none. */
const saysMore = (failure: Failure | null): boolean =>
  failure !== null && !hasCode(reviveError(failure.error), 'E_EMPTY_COLLECTION')

/** Of a key one record after the other may be to blame, each found in a pass of its own. */
const PASSES_MAX = 20

function letterOf(
  id: string,
  { source, split, index }: { readonly source: OperatorUid; readonly split: string; readonly index: number },
  { code, message, where: { place } }: SerialisedError,
): DeadLetterFacts {
  return { id, source, split, index, code, message, place: typeof place === 'string' ? place : null }
}

interface Culprit {
  readonly position: number
  readonly error: SerialisedError
}

/** The records to blame, as far as they are known. */
class Found {
  readonly max: number
  readonly #tooMany: (letters: number) => SluiceError
  readonly #errors = new Map<number, SerialisedError>()

  constructor(max: number, tooManyOf: (letters: number) => SluiceError) {
    this.max = max
    this.#tooMany = tooManyOf
  }

  add({ position, error }: Culprit): void {
    if (this.#errors.has(position)) return
    if (this.#errors.size >= this.max) throw this.#tooMany(this.max)
    this.#errors.set(position, error)
  }

  get positions(): number[] {
    return [...this.#errors.keys()].sort((a, b) => a - b)
  }

  /** In the order of the records. */
  get all(): Culprit[] {
    return this.positions.map((position) => ({ position, error: this.#errors.get(position)! }))
  }
}

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

/** Of records that some failure was made of: it does not come with the first `good` of them, and does with `bad`. */
interface Group {
  readonly positions: readonly number[]
  readonly good: number
  readonly bad: number
  readonly error: SerialisedError
}

const middleOf = ({ good, bad }: Group): number => good + Math.ceil((bad - good) / 2)
const isSettled = ({ good, bad }: Group): boolean => bad === good + 1

/** Runs of the whole batch, as one task each. */
class Trials {
  readonly #run: StageRun
  readonly #known: KnownTrials
  readonly #splits: readonly SplitCount[]
  /** What was counted: where reading finds the ends, all trials read up to those that the first one found. */
  readonly plan: BatchPlan
  readonly total: number
  #tried = 0

  private constructor(run: StageRun, known: KnownTrials, plan: BatchPlan, counts: RecordCounts) {
    this.#run = run
    this.#known = known
    this.plan = plan
    let total = 0
    this.#splits = Object.entries(counts).flatMap(([source, splits]) =>
      Object.entries(splits).map(([split, count]) => ({ source, split, count, from: (total += count) - count })),
    )
    this.total = total
  }

  static async count(run: StageRun, known: KnownTrials): Promise<Trials> {
    const answer = await known.answerTo(run, specOf(run.plan, 'count', { kind: 'count' }))
    if (answer.kind === 'failed') throw reviveError(answer.error)
    return new Trials(run, known, withEnds(run.plan, [answer]), answer.records)
  }

  async store(letters: readonly DeadLetterFacts[], plan: BatchPlan): Promise<BlobRef> {
    const answer = await tryOnce(this.#run, specOf(plan, 'letters', { kind: 'letters', letters }))
    if (answer.kind === 'failed') throw reviveError(answer.error)
    return answer.letters!
  }

  recordAt(position: number): { readonly source: OperatorUid; readonly split: string; readonly index: number } {
    const { source, split, from } = this.#splits.find(
      ({ from: first, count }) => position >= first && position < first + count,
    )!
    return { source, split, index: position - from }
  }

  /** The plan without these records. */
  without(found: Found): BatchPlan {
    const skip: Record<string, Record<string, number[]>> = {}
    for (const position of found.positions) {
      const { source, split, index } = this.recordAt(position)
      const known = this.plan.skip?.[source]?.[split] ?? []
      ;((skip[source] ??= {})[split] ??= [...known]).push(index)
    }
    const all: Record<string, RecordNumbers[string]> = { ...this.plan.skip }
    for (const [source, splits] of Object.entries(skip))
      all[source] = { ...all[source], ...Object.fromEntries(Object.entries(splits).map(inOrder)) }
    return { ...this.plan, skip: all }
  }

  /** One record for each failure of a pass that goes record by record, the earliest that is enough for it. */
  async culprits(found: Found): Promise<Culprit[]> {
    const blamed = await this.#blame(found.positions, found.max + 1 - found.positions.length, found)
    const culprits = blamed
      .filter(({ positions }) => positions.length === 1)
      .map(({ positions, error }) => ({ position: positions[0]!, error }))
    const single = new Set(culprits.map(({ position }) => position))
    const groups = blamed
      .filter(({ positions }) => positions.length > 1 && !positions.some((position) => single.has(position)))
      .map(({ positions, error }): Group => ({ positions, error, good: 0, bad: positions.length }))
    const settled = await this.#settled(groups, [...found.positions, ...single], found)
    return [...culprits, ...settled]
  }

  /** Halves all groups at once: so many passes as the largest needs, however many there are. */
  async #settled(given: readonly Group[], without: readonly number[], found: Found): Promise<Culprit[]> {
    let groups = given
    while (groups.some((group) => !isSettled(group))) {
      const left = groups.flatMap((group) => group.positions.slice(isSettled(group) ? group.good : middleOf(group)))
      const failures = await this.#blame([...without, ...left], Number.MAX_SAFE_INTEGER, found)
      const errors = new Map(
        failures.flatMap(({ positions, error }) => positions.map((each) => [each, error] as const)),
      )
      groups = groups.map((group) => (isSettled(group) ? group : halved(group, errors)))
    }
    return groups.map(({ positions, bad, error }) => ({ position: positions[bad - 1]!, error }))
  }

  async #blame(without: readonly number[], max: number, found: Found): Promise<readonly Blamed[]> {
    const starts: Record<string, Record<string, number>> = {}
    for (const { source, split, from } of this.#splits) (starts[source] ??= {})[split] = from
    const skipped = this.#positionsOf(this.plan.skip ?? {})
    const trial: Trial = { kind: 'blame', starts, without: [...new Set([...skipped, ...without])], max }
    const answer = await this.#try(this.plan, trial, found)
    if (answer?.kind !== 'done') return []
    return answer.blamed ?? []
  }

  #positionsOf(skip: RecordNumbers): number[] {
    return this.#splits.flatMap(({ source, split, from }) => (skip[source]?.[split] ?? []).map((index) => from + index))
  }

  /** The shortest prefix that fails, given that those up to `good` do not; `null` if none does. */
  async firstFailure(good: number, found: Found): Promise<Failure | null> {
    let failure = await this.failsAt(this.total, found)
    if (!failure) return null
    for (let known = good; failure.length > known + 1;) {
      const middle = known + Math.floor((failure.length - known) / 2)
      const shorter = await this.failsAt(middle, found)
      if (shorter) failure = shorter
      else known = middle
    }
    return { ...failure, length: Math.max(failure.length, good + 1) }
  }

  async failsAt(length: number, found: Found): Promise<Failure | null> {
    const trial: Trial = { kind: 'prefix', take: this.#take(length) }
    const answer = await this.#try(this.without(found), trial, found)
    if (answer.kind === 'done') return null
    if (!answer.read) return { error: answer.error, length }
    return { error: answer.error, length: Math.min(length, this.#reach(answer.read)) }
  }

  /** What the program itself makes of it. Throws what nothing of the program is to blame for. */
  async #try(plan: BatchPlan, trial: Trial, found: Found): Promise<TaskReport> {
    const pass = ++this.#tried
    this.#run.log.event({
      type: 'narrowing',
      batch: plan.batch,
      records: this.total,
      found: found.positions.length,
      pass,
    })
    const answer = await this.#known.answerTo(this.#run, specOf(plan, `try${pass}`, trial))
    if (answer.kind === 'failed' && !mayBeARecords(answer.error.fault)) throw reviveError(answer.error)
    return answer
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
      const count = read[source]?.[split] ?? 0
      if (count === 0) return reach
      return Math.max(reach, from + count)
    }, 0)
  }
}

const inOrder = ([split, numbers]: [string, number[]]): [string, readonly number[]] => [
  split,
  [...new Set(numbers)].sort((a, b) => a - b),
]

/** The half of the group in which it fails: the first one, if any of that is among the failures. */
function halved(group: Group, errors: ReadonlyMap<number, SerialisedError>): Group {
  const middle = middleOf(group)
  const failed = group.positions.slice(0, middle).find((position) => errors.has(position))
  if (failed === undefined) return { ...group, good: middle }
  return { ...group, bad: middle, error: errors.get(failed)! }
}

const specOf = (plan: BatchPlan, task: TaskId, trial: Trial): Omit<TaskSpec, 'attempt'> => ({
  plan,
  task,
  exec: 0,
  work: [],
  inputs: {},
  staged: false,
  trial,
})
