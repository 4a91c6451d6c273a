import type { Clock } from '../host/clock.ts'
import { framesOf, isOurs, located, SluiceError, stackOf, wordsOf } from '../model/errors.ts'
import { placeAmong } from '../model/place.ts'
import { checkSettled } from '../model/settled.ts'
import { backoffMs } from '../host/backoff.ts'
import { frozen } from './frozen.ts'
import type { Blame } from './blame.ts'
import { collectSplit, narrow, type RddNode, runPartition, type Sink, type TaskScope, whereOf } from './node.ts'

/** What a function that is called for one record may look at besides it. */
export interface AsyncCall {
  /** Aborts when this attempt has taken too long, or when the batch has failed meanwhile: pass it on to `fetch`. */
  readonly signal: AbortSignal
  /** 1 at the first attempt. */
  readonly attempt: number
}

/** How the calls of one operator are made; times in ms. */
export interface AsyncCalls {
  readonly concurrency: number
  readonly ordered: boolean
  readonly timeoutMs: number
  readonly attempts: number
}

/**
 * `f` of each record, several at a time, and each record's result in its place. A record that fails after its attempts
 * fails the task, and its error names it. Pinned: who asks a service twice may be told two things, so every reader of
 * the node gets what was answered once.
 */
export function asyncNode<T, U>(
  parent: RddNode<T>,
  f: (record: T, call: AsyncCall) => PromiseLike<U> | U,
  calls: AsyncCalls,
): RddNode<U> {
  const node: RddNode<U> = {
    kind: 'mapAsync',
    partitions: parent.partitions,
    partitioner: null,
    dependencies: [narrow(parent)],
    pinned: true,
    async compute(split, task, sink) {
      const caller = new Caller(f, calls, task.clock(), node, split)
      if (task.blame) return blamed(task.blame, split, task, caller, sink)
      const records = await collectSplit(parent, split, task)
      const results = await eachOf(records, calls, (record, at, ended) => caller.call(record, at, ended))
      sink.chunk(task.freezes ? results.map(frozen) : results)
    },
  }
  /** In a trial no failure ends the others. */
  async function blamed(
    blame: Blame,
    split: number,
    task: TaskScope,
    caller: Caller<T, U>,
    sink: Sink<U>,
  ): Promise<void> {
    const gathered = blame.buffer<T>()
    await runPartition(parent, split, task, gathered.sink)
    const answers = await eachOf(gathered.records, { ...calls, ordered: true }, (record, at, ended) =>
      caller.call(record, at, ended).then(
        (value) => ({ value }),
        (thrown: unknown) => ({ thrown }),
      ),
    )
    blame.answered(gathered.records, answers, sink)
  }
  return node
}

/** The first failure ends the others: nothing that they would bring could be used. */
async function eachOf<T, U>(
  records: readonly T[],
  { concurrency, ordered }: AsyncCalls,
  call: (record: T, at: number, ended: AbortSignal) => Promise<U>,
): Promise<U[]> {
  const results: U[] = []
  const failed = new AbortController()
  let next = 0
  const line = async (): Promise<void> => {
    while (next < records.length && !failed.signal.aborted) {
      const at = next++
      const result = await call(records[at], at, failed.signal)
      results[ordered ? at : results.length] = result
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, records.length) }, line))
    return results
  } finally {
    failed.abort()
  }
}

class Caller<T, U> {
  readonly #f: (record: T, call: AsyncCall) => PromiseLike<U> | U
  readonly #calls: AsyncCalls
  readonly #clock: Clock
  readonly #node: RddNode<U>
  readonly #split: number

  constructor(
    f: (record: T, call: AsyncCall) => PromiseLike<U> | U,
    calls: AsyncCalls,
    clock: Clock,
    node: RddNode<U>,
    split: number,
  ) {
    this.#f = f
    this.#calls = calls
    this.#clock = clock
    this.#node = node
    this.#split = split
  }

  /** What `f` says of the record at the first attempt that succeeds; `ended` stops the waiting. */
  async call(record: T, at: number, ended: AbortSignal): Promise<U> {
    for (let attempt = 1; ; attempt++) {
      try {
        const result = await this.#within(record, attempt, ended)
        checkSettled(result, 'mapAsync', whereOf(this.#node))
        return result
      } catch (error) {
        if (attempt >= this.#calls.attempts || ended.aborted) throw this.#failure(error, at, attempt)
      }
      const waitMs = backoffMs(`${this.#split}/${at}`, attempt, WAITS)
      await this.#clock.sleepUntil(this.#clock.now() + waitMs, ended)
    }
  }

  /** One attempt. A function that does not mind its signal is left behind when its time is over. */
  async #within(record: T, attempt: number, ended: AbortSignal): Promise<U> {
    const { timeoutMs } = this.#calls
    const over = new AbortController()
    const answered = new AbortController()
    const signal = AbortSignal.any([over.signal, ended])
    const late = this.#clock
      .sleepUntil(this.#clock.now() + timeoutMs, AbortSignal.any([answered.signal, ended]))
      .then((): never => {
        const reason = new Error(ended.aborted ? 'another record has failed' : `no answer within ${timeoutMs} ms`)
        over.abort(reason)
        throw reason
      })
    late.catch(() => {})
    try {
      return await Promise.race([this.#f(record, { signal, attempt }), late])
    } finally {
      answered.abort()
    }
  }

  #failure(error: unknown, at: number, attempts: number): unknown {
    const where = { ...whereOf(this.#node), partition: this.#split, offset: at }
    if (isOurs(error)) return located(error, where)
    const place = placeAmong(framesOf(error))
    const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`
    const failure = new SluiceError('E_USER_CODE', `${wordsOf(error)} (record ${at} of its partition, ${tries})`, {
      where: { ...where, ...(place === null ? {} : { place }) },
      cause: error,
    })
    failure.stack = stackOf(error) || failure.stack!
    return failure
  }
}

/** Between the attempts for one record. */
const WAITS = { firstMs: 100, mostMs: 10_000 }
