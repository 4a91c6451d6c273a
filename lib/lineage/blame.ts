import { KeyTable } from '../keys/key-table.ts'
import { blamesARecord } from '../model/errors.ts'
import { type Dependency, type ShuffleDependency, type Sink, sinkOf, STOP } from './node.ts'

/** Positions of the source records that something was made of. */
type Origin = number | readonly Origin[]

/** What failed, and the source records that it was made of, in rising order: one of them is to blame. */
interface Accused {
  readonly positions: readonly number[]
  readonly error: unknown
}

/** Which records a trial is about. */
interface Suspects {
  /** Where the records of each split begin among all records of the batch, by source and split. */
  readonly starts: { readonly [source: string]: { readonly [split: string]: number } }
  /** Positions that are left out. */
  readonly without: ReadonlySet<number>
  /** Found this many, nobody looks for more. */
  readonly max: number
}

/** How one of the records behind a pair is tried without the others of its kind. */
export interface Alone<V> {
  /** A pair of the i-th of its records. */
  pair(pair: readonly [unknown, V], i: number): unknown
  /** How many of its records came from each side, where there are several. */
  sizes?(pair: readonly [unknown, V]): readonly number[]
}

/**
 * Evaluates a batch record by record, to find all of those that make it fail in one pass. Functions are called as in
 * any run, but one failure does not end the pass: it is noted with the source records behind it, and the next record
 * goes on. What a failing record has left behind in a table may make others fail, so the pass proves nothing by itself:
 * whoever takes its word runs the batch without the accused.
 */
export class Blame {
  readonly accused: Accused[] = []
  readonly #suspects: Suspects
  readonly #singles = new Set<number>()
  readonly #trails = new WeakMap<Dependency, Trail>()
  readonly #kept = new WeakMap<readonly unknown[], readonly Origin[]>()
  #current: Origin = []
  readonly #later: { readonly origin: Origin; readonly answer: Promise<unknown> }[] = []

  constructor(suspects: Suspects) {
    this.#suspects = suspects
  }

  /** Takes the records of a split, each on its own. */
  ofSource<T>(source: string, split: string, sink: Sink<T>): Sink<T> {
    let next = this.#suspects.starts[source]?.[split] ?? 0
    return sinkOf((record: T) => {
      const position = next++
      if (!this.#suspects.without.has(position)) this.#try(position, () => sink.chunk([record]))
    })
  }

  /** Keeps records with where they came from, for readers that come later. */
  buffer<T>(): { readonly sink: Sink<T>; readonly records: T[] } {
    const records: T[] = []
    const origins: Origin[] = []
    this.#kept.set(records, origins)
    const sink = sinkOf((record: T) => {
      records.push(record)
      origins.push(this.#current)
    })
    return { sink, records }
  }

  /** Hands on what `buffer` kept, each record on its own. */
  replay<T>(records: readonly T[], sink: Sink<T>, own: (record: T) => T): void {
    const origins = this.#kept.get(records)
    for (let i = 0; i < records.length; i++)
      this.#try(origins?.[i] ?? this.#current, () => sink.chunk([own(records[i])]))
  }

  /**
   * A function that takes many records at once: of all of them and, where that fails, of each alone. `gathered` are
   * kept by `buffer`.
   */
  ofMany<T>(gathered: readonly T[], call: (records: readonly T[]) => void): void {
    const origins = this.#kept.get(gathered) ?? []
    this.#tryAll(
      origins,
      () => call(gathered),
      (i) => call([gathered[i]]),
    )
  }

  /** What a function that answers later has said of each of the records that `buffer` kept, or what it threw. */
  answered<U>(
    gathered: readonly unknown[],
    answers: readonly ({ readonly value: U } | { readonly thrown: unknown })[],
    sink: Sink<U>,
  ): void {
    const origins = this.#kept.get(gathered) ?? []
    answers.forEach((answer, i) =>
      this.#try(origins[i], () => {
        if ('thrown' in answer) throw answer.thrown
        sink.chunk([answer.value])
      }),
    )
  }

  /** What was called for the record under way, and answers later. */
  later(answer: Promise<unknown>): void {
    this.#later.push({ origin: this.#current, answer })
  }

  /** Resolves when all of that has answered; what was rejected is accused like what was thrown. */
  async settled(): Promise<void> {
    for (const { origin, answer } of this.#later.splice(0)) {
      const failure = await rejectionOf(answer)
      if (failure) this.#try(origin, () => rethrow(failure.thrown))
    }
  }

  /** Notes where what goes into a shuffle, or is gathered by its keys in place, comes from. */
  into(dependency: Dependency, record: unknown): void {
    let trail = this.#trails.get(dependency)
    if (!trail) this.#trails.set(dependency, (trail = new Trail()))
    trail.add(keyOf(dependency, record), this.#current)
  }

  /** One value of a key as it comes out of a shuffle that keeps every value in order. */
  eachValue(dependency: ShuffleDependency, key: unknown, work: () => void): void {
    this.#try(this.#trails.get(dependency)?.next(key) ?? [], work)
  }

  /** Pairs that stand for a whole key each. */
  byKey(
    dependencies: readonly Dependency[],
    pairs: readonly (readonly [unknown, unknown])[],
    sink: Sink<any>,
    alone?: Alone<any>,
  ): void {
    for (const pair of pairs) {
      const origins = this.originsOf(dependencies, pair[0])
      const one = alone && ((i: number) => sink.chunk([alone.pair(pair, i)]))
      this.#tryAll(origins, () => sink.chunk([pair]), one, alone?.sizes?.(pair))
    }
  }

  /** A function of a key and all its values: of all of them and, where that fails, of each alone. */
  ofKey(dependencies: readonly Dependency[], key: unknown, all: () => void, alone?: (i: number) => void): void {
    this.#tryAll(this.originsOf(dependencies, key), all, alone)
  }

  originsOf(dependencies: readonly Dependency[], key: unknown): readonly Origin[] {
    const found = dependencies.map((dependency) => this.#trails.get(dependency)?.of(key) ?? [])
    return found.length === 1 ? found[0] : found.flat()
  }

  /**
   * `sizes` are those of the sides that meet: a record of one is tried with all of the others, and says nothing where
   * every record of its side fails, since then it is one of another side.
   */
  #tryAll(
    origins: readonly Origin[],
    all: () => void,
    alone?: (i: number) => void,
    sizes: readonly number[] = [origins.length],
  ): void {
    const error = this.#failure(origins, all)
    if (!error) return
    if (!alone || origins.length < 2) return this.#accuse(origins, error.thrown)
    const failures = origins.map((origin, i) => this.#failure(origin, () => alone(i)))
    let isKnown = false
    let from = 0
    for (const size of sizes) {
      const side = failures.slice(from, from + size)
      if (side.some((failure) => failure) && side.some((failure) => !failure)) {
        for (const [i, failure] of side.entries()) {
          // What a state holds came with no record of this batch.
          if (!failure || positionsOf(origins[from + i]).length === 0) continue
          isKnown = true
          this.#accuse(origins[from + i], failure.thrown)
        }
      }
      from += size
    }
    if (!isKnown) this.#accuse(origins, error.thrown)
  }

  #try(origin: Origin, work: () => void): void {
    const failure = this.#failure(origin, work)
    if (failure) this.#accuse(origin, failure.thrown)
  }

  /** What a record may be to blame for; everything else ends the pass. */
  #failure(origin: Origin, work: () => void): { readonly thrown: unknown } | null {
    const outer = this.#current
    this.#current = origin
    try {
      work()
      return null
    } catch (thrown) {
      if (thrown === STOP || thrown === ENOUGH || !blamesARecord(thrown)) throw thrown
      return { thrown }
    } finally {
      this.#current = outer
    }
  }

  #accuse(origin: Origin, error: unknown): void {
    const positions = positionsOf(origin)
    if (positions.length === 0) throw error
    if (positions.length === 1) {
      if (this.#singles.has(positions[0])) return
      this.#singles.add(positions[0])
    }
    this.accused.push({ positions, error })
    // oxlint-disable-next-line typescript/only-throw-error -- a signal, not an error
    if (this.accused.length >= this.#suspects.max) throw ENOUGH
  }
}

/** Thrown where so many records are to blame that it is of no use to look for more. */
export const ENOUGH: unique symbol = Symbol('enough records to blame')

/** What a promise is rejected with; `null` where it is fulfilled. */
export const rejectionOf = (answer: Promise<unknown>): Promise<{ readonly thrown: unknown } | null> =>
  answer.then(
    () => null,
    (thrown: unknown) => ({ thrown }),
  )

function rethrow(thrown: unknown): never {
  // oxlint-disable-next-line typescript/only-throw-error -- whatever the program has thrown
  throw thrown
}

function positionsOf(origin: Origin): number[] {
  const found = new Set<number>()
  const open: Origin[] = [origin]
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    if (typeof each === 'number') found.add(each)
    else for (const inner of each) open.push(inner)
  }
  return [...found].sort((a, b) => a - b)
}

/**
 * Pairs are found again by their key. Records that are dealt out have none, so each stands for itself: which of two
 * equal ones it was makes no difference.
 */
const keyOf = (dependency: Dependency, record: unknown): unknown =>
  dependency.kind === 'shuffle' && dependency.keyless ? record : (record as readonly [unknown, unknown])[0]

/** Where the values of each key of a shuffle came from, in order. */
class Trail {
  readonly #keys = new KeyTable()
  readonly #origins: Origin[][] = []
  readonly #read: number[] = []

  add(key: unknown, origin: Origin): void {
    const known = this.#keys.size
    const id = this.#idOf(key)
    if (id === known) this.#origins.push([origin])
    else this.#origins[id].push(origin)
  }

  of(key: unknown): readonly Origin[] {
    return this.#origins[this.#idOf(key)] ?? []
  }

  next(key: unknown): Origin {
    const id = this.#idOf(key)
    const at = this.#read[id] ?? 0
    this.#read[id] = at + 1
    return this.#origins[id]?.[at] ?? []
  }

  #idOf(key: unknown): number {
    return this.#keys.upsert(key)
  }
}
