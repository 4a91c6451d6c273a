import { blamesARecord, hasCode } from '../model/errors.ts'
import { withAccumulatorScope } from './accumulator.ts'
import { Blame, ENOUGH, rejectionOf } from './blame.ts'
import type { JobPurpose, JobRunner, NewCalls, NewPartial } from './jobs.ts'
import { type RddNode, sinkOf } from './node.ts'
import { type LoadedBlobs, ResidentRunner } from './resident.ts'

/** The data that a driver function is given: of each partition, so many records. */
interface GivenRecords {
  readonly loaded: LoadedBlobs
  readonly counts: readonly number[]
  /** What fails with more records than these is the fault of the code. */
  readonly max: number
}

/** A record without which the jobs of a driver function run through, and what it made fail. */
export interface SetAsideRecord {
  readonly partition: number
  readonly index: number
  readonly record: unknown
  readonly error: unknown
}

interface Culprit {
  readonly position: number
  readonly error: unknown
}

/** In one split of no name: the positions of a driver function's records count over all partitions. */
const SOURCE = 'given'

/**
 * Runs jobs of a driver function over data at hand, and leaves out the records that make them fail: later jobs of the
 * same function do not see them either. Those that fail on their own are found in one pass; of what fails only where
 * many meet, the last of the shortest beginning that fails, one at a time. A job that fails for no reason of theirs
 * throws what it threw; so does one for effects that fails for every record there is.
 */
export class TolerantRunner implements JobRunner {
  readonly kind = 'resident'
  readonly #given: GivenRecords
  readonly #starts: readonly number[]
  readonly #total: number
  readonly #errors = new Map<number, unknown>()
  /** Records from here on are left out, in a trial. */
  #take = Infinity
  #inner: ResidentRunner

  constructor(given: GivenRecords) {
    this.#given = given
    let total = 0
    this.#starts = given.counts.map((count) => (total += count) - count)
    this.#total = total
    this.#inner = new ResidentRunner(given.loaded)
  }

  /** The node whose records may be left out. */
  sifted<T>(node: RddNode<T>): RddNode<T> {
    return {
      ...node,
      compute: (split, task, sink) => {
        if (task.blame) return node.compute(split, task, task.blame.ofSource(SOURCE, String(split), sink))
        if (this.#errors.size === 0 && this.#take === Infinity) return node.compute(split, task, sink)
        let position = this.#starts[split]
        const some = sinkOf<T>((record) => {
          const at = position++
          if (at < this.#take && !this.#errors.has(at)) sink.chunk([record])
        })
        return node.compute(split, task, some)
      },
    }
  }

  runJob<P>(
    node: RddNode<any>,
    splits: readonly number[],
    newPartial: NewPartial<P>,
    purpose: JobPurpose = 'result',
  ): P[] {
    const blamed = (blame: Blame): unknown =>
      new ResidentRunner(this.#given.loaded, blame).runJob(node, splits, newPartial)
    for (;;) {
      try {
        const { result, commit } = withAccumulatorScope(() => this.#inner.runJob(node, splits, newPartial))
        commit()
        return result
      } catch (error) {
        if (!blamesARecord(error)) throw error
        const alone = this.#culprits(blamed)
        this.#leaveOut(
          alone.length > 0 ? alone : this.#lastOfShortest(() => this.#inner.runJob(node, splits, newPartial)),
          error,
        )
        if (purpose === 'effects') this.#assertSomeAreWell(error)
      }
    }
  }

  /** The same where the function answers later: a record is left out whose answer is a rejection. */
  callEach(node: RddNode<any>, split: number, newCalls: NewCalls): void | Promise<void> {
    const answers = this.#called(node, split, newCalls)
    if (answers.length > 0) return this.#answered(answers, node, split, newCalls)
  }

  async #answered(
    first: readonly Promise<unknown>[],
    node: RddNode<any>,
    split: number,
    newCalls: NewCalls,
  ): Promise<void> {
    for (let answers = first; ; answers = this.#called(node, split, newCalls)) {
      const failure = await firstRejection(answers)
      if (!failure) return
      const alone = await this.#culpritsLater(node, split, newCalls)
      const found = alone.length > 0 ? alone : await this.#lastOfShortestLater(node, split, newCalls)
      this.#leaveOut(found, failure.thrown)
      this.#assertSomeAreWell(failure.thrown)
    }
  }

  /** Calls that have been made, as far as none of them throws. */
  #called(node: RddNode<any>, split: number, newCalls: NewCalls): Promise<unknown>[] {
    let answers: Promise<unknown>[] = []
    const newPartial = (): ReturnType<NewCalls> => newCalls((answer) => answers.push(answer))
    this.runJob(
      node,
      [split],
      () => {
        answers = []
        return newPartial()
      },
      'effects',
    )
    return answers
  }

  /** A place that refuses every record is away, which says nothing about them. */
  #assertSomeAreWell(failure: unknown): void {
    if (this.#errors.size < this.#total) return
    this.#errors.clear()
    throw failure
  }

  release(node: RddNode<any>): void {
    this.#inner.release(node)
  }

  /** What was left out, in the order of the records; `recordAt` knows them. */
  setAside(recordAt: (partition: number, index: number) => unknown): SetAsideRecord[] {
    return [...this.#errors]
      .sort(([a], [b]) => a - b)
      .map(([position, error]) => {
        const partition = this.#starts.findLastIndex((start) => start <= position)
        const index = position - this.#starts[partition]
        return { partition, index, record: recordAt(partition, index), error }
      })
  }

  /** Leaves out at least one more record, or throws `failure`. */
  #leaveOut(found: readonly Culprit[], failure: unknown): void {
    if (found.length === 0 || this.#errors.size + found.length > this.#given.max) throw failure
    for (const { position, error } of found) this.#errors.set(position, error)
    // What was kept of earlier jobs holds them still.
    this.#inner = new ResidentRunner(this.#given.loaded)
  }

  /** Those that fail on their own. */
  #culprits(blamed: (blame: Blame) => unknown): Culprit[] {
    const blame = this.#newBlame()
    try {
      withAccumulatorScope(() => blamed(blame))
    } catch (error) {
      if (error !== ENOUGH && !blamesARecord(error)) throw error
    }
    return singlesOf(blame)
  }

  #newBlame(): Blame {
    const starts = { [SOURCE]: Object.fromEntries(this.#starts.map((start, split) => [String(split), start])) }
    return new Blame({ starts, without: new Set(this.#errors.keys()), max: this.#given.max + 1 })
  }

  /** Those whose own answer is a rejection. */
  async #culpritsLater(node: RddNode<any>, split: number, newCalls: NewCalls): Promise<Culprit[]> {
    const blame = this.#newBlame()
    const newPartial = (): ReturnType<NewCalls> => newCalls((answer) => blame.later(answer))
    try {
      withAccumulatorScope(() => new ResidentRunner(this.#given.loaded, blame).runJob(node, [split], newPartial))
      await blame.settled()
    } catch (error) {
      if (error !== ENOUGH && !blamesARecord(error)) throw error
    }
    return singlesOf(blame)
  }

  #lastOfShortest(job: () => unknown): Culprit[] {
    if (saysMore(this.#failsAt(0, job))) return []
    let [good, bad] = [0, this.#total]
    let failure = this.#failsAt(bad, job)
    while (failure && bad > good + 1) {
      const middle = good + Math.floor((bad - good) / 2)
      const shorter = this.#failsAt(middle, job)
      if (shorter) [bad, failure] = [middle, shorter]
      else good = middle
    }
    return failure ? [{ position: bad - 1, error: failure.thrown }] : []
  }

  async #lastOfShortestLater(node: RddNode<any>, split: number, newCalls: NewCalls): Promise<Culprit[]> {
    if (saysMore(await this.#failsLaterAt(0, node, split, newCalls))) return []
    let [good, bad] = [0, this.#total]
    let failure = await this.#failsLaterAt(bad, node, split, newCalls)
    while (failure && bad > good + 1) {
      const middle = good + Math.floor((bad - good) / 2)
      const shorter = await this.#failsLaterAt(middle, node, split, newCalls)
      if (shorter) [bad, failure] = [middle, shorter]
      else good = middle
    }
    return failure ? [{ position: bad - 1, error: failure.thrown }] : []
  }

  /** What is taken is decided while the calls are made: other jobs may run before they are answered. */
  async #failsLaterAt(
    take: number,
    node: RddNode<any>,
    split: number,
    newCalls: NewCalls,
  ): Promise<{ readonly thrown: unknown } | null> {
    const answers: Promise<unknown>[] = []
    const job = (): unknown => this.#inner.runJob(node, [split], () => newCalls((answer) => answers.push(answer)))
    return this.#failsAt(take, job) ?? firstRejection(answers)
  }

  #failsAt(take: number, job: () => unknown): { readonly thrown: unknown } | null {
    this.#take = take
    this.#inner = new ResidentRunner(this.#given.loaded)
    try {
      withAccumulatorScope(job)
      return null
    } catch (thrown) {
      if (!blamesARecord(thrown)) throw thrown
      return { thrown }
    } finally {
      this.#take = Infinity
      this.#inner = new ResidentRunner(this.#given.loaded)
    }
  }
}

/** `max` and the like only say that there is no record. */
const saysMore = (failure: { readonly thrown: unknown } | null): boolean =>
  failure !== null && !hasCode(failure.thrown, 'E_EMPTY_COLLECTION')

/** Those that failed on their own. */
const singlesOf = ({ accused }: Blame): Culprit[] =>
  accused
    .filter(({ positions }) => positions.length === 1)
    .map(({ positions: [position], error }) => ({ position, error }))

/** Once all of them are answered: the first that is rejected. Throws it where no record can be to blame. */
async function firstRejection(answers: readonly Promise<unknown>[]): Promise<{ readonly thrown: unknown } | null> {
  const rejections = await Promise.all(answers.map(rejectionOf))
  const first = rejections.find((rejection) => rejection !== null) ?? null
  if (first && !blamesARecord(first.thrown)) throw first.thrown
  return first
}
