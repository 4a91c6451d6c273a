import { AsyncLocalStorage } from 'node:async_hooks'
import { needsNumber } from './bad-argument.ts'

/**
 * A value that tasks add to and the driver reads (Spark's `AccumulatorV2`). Extend it, then `sparkContext.register` the
 * instance: from then on `add` inside a task changes a copy of that task, which counts once, when the task has
 * succeeded.
 */
export abstract class AccumulatorV2<IN, OUT> {
  /** What it was registered as; `null` for nothing. Spark: `AccumulatorV2.name`. */
  name: string | null = null

  /** Takes in one value. Spark: `AccumulatorV2.add`. */
  abstract add(value: IN): void
  /** Takes in what another one has. Spark: `AccumulatorV2.merge`. */
  abstract merge(other: AccumulatorV2<IN, OUT>): void
  /** Back to nothing. Spark: `AccumulatorV2.reset`. */
  abstract reset(): void
  /** A new one with the same content. Spark: `AccumulatorV2.copy`. */
  abstract copy(): AccumulatorV2<IN, OUT>
  /** Whether nothing was added. Spark: `AccumulatorV2.isZero`. */
  abstract get isZero(): boolean
  /** What was added so far, in the driver. Spark: `AccumulatorV2.value`. */
  abstract get value(): OUT

  /** What a task sends: plain data. Override both when the fields of the class are private. Not in Spark. */
  snapshot(): unknown {
    return Object.assign({}, this)
  }

  /** Takes in what a task sent. Not in Spark. */
  mergeSnapshot(snapshot: unknown): void {
    const other = zeroOf(this)
    Object.assign(other, snapshot)
    this.merge(other)
  }

  /** Its class, name and value. Spark: `AccumulatorV2.toString`. */
  toString(): string {
    return `${this.constructor.name}(${this.name ?? ''}, value: ${String(this.value)})`
  }
}

/** Sum, count and average of numbers. `LongAccumulator` and `DoubleAccumulator` of Spark: numbers are one type here. */
export class NumberAccumulator extends AccumulatorV2<number, number> {
  /** Of all added numbers. Spark: `LongAccumulator.sum`. */
  sum = 0
  /** How many numbers were added. Spark: `LongAccumulator.count`. */
  count = 0

  /** Takes in one number. Throws `E_ARGUMENT` for what is none. Spark: `LongAccumulator.add`. */
  add(value: number): void {
    needsNumber(value, 'add of an accumulator')
    this.sum += value
    this.count++
  }

  /** Takes in what another one has. Spark: `LongAccumulator.merge`. */
  merge(other: NumberAccumulator): void {
    this.sum += other.sum
    this.count += other.count
  }

  /** Back to 0. Spark: `LongAccumulator.reset`. */
  reset(): void {
    this.sum = 0
    this.count = 0
  }

  /** A new one with the same content. Spark: `LongAccumulator.copy`. */
  copy(): NumberAccumulator {
    const copy = new NumberAccumulator()
    copy.merge(this)
    return copy
  }

  /** Whether nothing was added. Spark: `LongAccumulator.isZero`. */
  get isZero(): boolean {
    return this.count === 0
  }
  /** The sum. Spark: `LongAccumulator.value`. */
  get value(): number {
    return this.sum
  }
  /** NaN before the first `add`. Spark: `LongAccumulator.avg`. */
  get avg(): number {
    return this.sum / this.count
  }
}

/** Every added value, in the order tasks are merged. */
export class CollectionAccumulator<T> extends AccumulatorV2<T, readonly T[]> {
  /** @internal What was added. */
  values: T[] = []

  /** Takes in one value. Spark: `CollectionAccumulator.add`. */
  add(value: T): void {
    this.values.push(value)
  }

  /** Takes in what another one has. Spark: `CollectionAccumulator.merge`. */
  merge(other: CollectionAccumulator<T>): void {
    for (const value of other.values) this.values.push(value)
  }

  /** Back to none. Spark: `CollectionAccumulator.reset`. */
  reset(): void {
    this.values = []
  }

  /** A new one with the same content. Spark: `CollectionAccumulator.copy`. */
  copy(): CollectionAccumulator<T> {
    const copy = new CollectionAccumulator<T>()
    copy.merge(this)
    return copy
  }

  /** Whether nothing was added. Spark: `CollectionAccumulator.isZero`. */
  get isZero(): boolean {
    return this.values.length === 0
  }
  /** All of them. Spark: `CollectionAccumulator.value`. */
  get value(): readonly T[] {
    return this.values
  }
}

/** What one task added to one accumulator, as plain data. */
interface AccumulatorUpdate {
  readonly accumulator: string
  readonly snapshot: unknown
}

type AnyAccumulator = AccumulatorV2<any, any>

/** The additions of one task attempt: dropped with the attempt, or counted once. */
class AccumulatorScope {
  readonly #own = new Map<AnyAccumulator, AnyAccumulator>()
  isOpen = true

  copyOf(accumulator: AnyAccumulator): AnyAccumulator {
    let own = this.#own.get(accumulator)
    if (!own) this.#own.set(accumulator, (own = zeroOf(accumulator)))
    return own
  }

  updates(): AccumulatorUpdate[] {
    this.isOpen = false
    return Array.from(this.#own, ([accumulator, own]) => ({
      accumulator: keys.get(accumulator)!,
      snapshot: own.snapshot(),
    }))
  }

  commit(): void {
    this.isOpen = false
    for (const [accumulator, own] of this.#own) targetOf(accumulator).merge(own)
  }
}

const scopes = new AsyncLocalStorage<AccumulatorScope>()
const keys = new WeakMap<AnyAccumulator, string>()

/** Where an addition goes right now. What a promise adds after its task was counted goes to the accumulator itself. */
function targetOf(accumulator: AnyAccumulator): AnyAccumulator {
  const scope = scopes.getStore()
  return scope?.isOpen ? scope.copyOf(accumulator) : accumulator
}

function zeroOf(accumulator: AnyAccumulator): AnyAccumulator {
  const zero = accumulator.copy()
  zero.reset()
  return zero
}

interface Scoped<R> {
  readonly result: R
  /**
   * What was added, to be sent to the driver (`Accumulators.merge`). Ask when `result` has settled: asking ends the
   * task.
   */
  updates(): AccumulatorUpdate[]
  /** For tasks in the driver's own process: counts what was added. Ends the task, like `updates`. */
  commit(): void
}

/** Runs one task attempt. Unless its updates are asked for or committed, nothing that it added counts. */
export function withAccumulatorScope<R>(run: () => R): Scoped<R> {
  const scope = new AccumulatorScope()
  const result = scopes.run(scope, run)
  return { result, updates: () => scope.updates(), commit: () => scope.commit() }
}

/**
 * The accumulators of one context. Every process that loads the program registers them in the same order, or by name.
 */
export class Accumulators {
  readonly #registered = new Map<string, AnyAccumulator>()

  register<A extends AnyAccumulator>(accumulator: A, name: string | null = null): A {
    if (keys.has(accumulator)) return accumulator
    const key = name !== null && !this.#registered.has(name) ? name : `${name ?? ''}#${this.#registered.size}`
    accumulator.name = name
    keys.set(accumulator, key)
    this.#registered.set(key, accumulator)
    sendToTask(accumulator)
    return accumulator
  }

  /**
   * Counts what tasks elsewhere added. Call it once per task that succeeded. Accumulators that this process does not
   * know are left out.
   */
  merge(updates: readonly AccumulatorUpdate[]): void {
    for (const update of updates) this.#registered.get(update.accumulator)?.mergeSnapshot(update.snapshot)
  }
}

/** Copies are made by the class and lack this property: they add to themselves. */
function sendToTask(accumulator: AnyAccumulator): void {
  const addHere = accumulator.add.bind(accumulator)
  const add = (value: unknown): void => {
    const target = targetOf(accumulator)
    if (target === accumulator) addHere(value)
    else target.add(value)
  }
  Object.defineProperty(accumulator, 'add', { value: add, enumerable: false })
}
