import type { Partitioner } from '../../shuffle/partitioner.ts'
import type { SparkContext } from './spark-context.ts'
import { collect, collectAsMap, lookup, toLocalIterator } from './actions/collect.ts'
import { type BoundedNumber, count, countApproxDistinct, countByKey, countByValue, exactly } from './actions/counts.ts'
import { foreach, foreachPartition, handedOn } from './actions/each.ts'
import { aggregate, reduce, reduceByKeyLocally } from './actions/folds.ts'
import { evenHistogram, histogram, stats, sum } from './actions/numbers.ts'
import { splitsOf } from './actions/partials.ts'
import { saveAsObjectFile, saveAsTextFile } from './actions/save.ts'
import { first, isEmpty, take, takeOrdered, takeSample, top } from './actions/take.ts'
import { badArgument, needsCount, needsFunction, needsText } from '../../lineage/bad-argument.ts'
import { shownOr } from '../../model/settled.ts'
import { debugString } from './debug-string.ts'
import type { JobRunner, Runnable } from '../../lineage/jobs.ts'
import type { RddNode } from '../../lineage/node.ts'
import { checkedOrder, type Compare, naturalOrder } from '../../lineage/ordering.ts'
import { positionSeed } from '../../lineage/sampling.ts'
import type { StatCounter } from './statistics.ts'
import { needsLevel, sameLevel, StorageLevel } from './storage-level.ts'

/** A method's type, so that an RDD of a narrower type stands in for one of a wider type. */
type Folding<T> = { fold(op: (a: T, b: T) => T): T }['fold']

/**
 * What an RDD can be asked: its records, numbers about them, and how it is kept. Actions run at once and return values.
 * They need the records at hand, as `foreachRDD` and `transform` have them; elsewhere they throw `E_NOT_RESIDENT`.
 * After `sparkContext.stop()` they throw `E_CONTEXT_STOPPED`.
 */
export abstract class RddActions<T> implements Runnable<T> {
  /** The context that made it. Spark: `RDD.sparkContext`. */
  readonly sparkContext: SparkContext
  /** @internal The step of the lineage; for operators, not for programs. */
  readonly node: RddNode<T>
  /** Its number among the RDDs of its context. Spark: `RDD.id`. */
  readonly id: number
  /** What `setName` was given, or `null`. Spark: `RDD.name`. */
  name: string | null = null
  readonly #runner: JobRunner
  #level: StorageLevel = StorageLevel.NONE
  #isCheckpointed = false

  /** @internal RDDs are made by a context and by transformations. */
  constructor(sparkContext: SparkContext, node: RddNode<T>, runner: JobRunner) {
    this.sparkContext = sparkContext
    this.node = node
    this.#runner = runner
    this.id = sparkContext.newRddId()
  }

  /** @internal Whoever runs the jobs of this RDD. Throws `E_CONTEXT_STOPPED`. */
  get runner(): JobRunner {
    this.sparkContext.assertActive()
    return this.#runner
  }

  /** What decides where a key goes, or `null` where nothing is known about that. Spark: `RDD.partitioner`. */
  get partitioner(): Partitioner | null {
    return this.node.partitioner
  }
  /** One entry per partition. Spark: `RDD.partitions`. */
  get partitions(): readonly { readonly index: number }[] {
    return splitsOf(this.node.partitions).map((index) => ({ index }))
  }
  /** How many partitions it has. Spark: `RDD.getNumPartitions`. */
  getNumPartitions(): number {
    return this.node.partitions
  }
  /** A name for `toDebugString`. Spark: `RDD.setName`. */
  setName(name: string): this {
    needsText(name, 'setName', 'a name')
    this.name = name
    return this
  }
  /** The lineage, a line per step. Spark: `RDD.toDebugString`. */
  toDebugString(): string {
    return debugString(this.node)
  }
  /** Its name or kind, and its number. Spark: `RDD.toString`. */
  toString(): string {
    const { label, kind, place } = this.node
    const named = this.name ? `${this.name} ` : ''
    return `${named}${label ?? kind}[${this.id}]${place ? ` at ${place}` : ''}`
  }

  /**
   * Computes each partition at most once per task from now on. Throws `E_ARGUMENT` when another level was given before.
   * Spark: `RDD.persist`.
   */
  persist(level: StorageLevel = StorageLevel.MEMORY_ONLY): this {
    needsLevel(level)
    if (!sameLevel(this.#level, StorageLevel.NONE) && !sameLevel(this.#level, level)) {
      throw badArgument(
        'Cannot change storage level of an RDD after it was already assigned a level.',
        'call unpersist() first',
      )
    }
    this.#level = level
    this.node.cached = level.useMemory || level.useDisk
    return this
  }

  /** `persist` at the default level. Spark: `RDD.cache`. */
  cache(): this {
    return this.persist()
  }

  /** Forgets what was computed. Spark: `RDD.unpersist`. */
  unpersist(_blocking: boolean = false): this {
    this.#level = StorageLevel.NONE
    this.node.cached = false
    this.#runner.release?.(this.node)
    return this
  }

  /** The level that was given, `NONE` if there was none. Spark: `RDD.getStorageLevel`. */
  getStorageLevel(): StorageLevel {
    return this.#level
  }

  /**
   * A mark only: the records of a batch are fixed when it is planned, so nothing is gained by cutting its lineage.
   * Spark: `RDD.checkpoint`.
   */
  checkpoint(): void {
    this.#isCheckpointed = true
  }
  /** The same mark as `checkpoint`. Spark: `RDD.localCheckpoint`. */
  localCheckpoint(): this {
    this.checkpoint()
    return this
  }
  /** Whether it was marked. Spark: `RDD.isCheckpointed`. */
  isCheckpointed(): boolean {
    return this.#isCheckpointed
  }
  /** Always `null`: nothing is written for a mark. Spark: `RDD.getCheckpointFile`. */
  getCheckpointFile(): string | null {
    return null
  }

  /** All records, in partition order. Spark: `RDD.collect`. */
  collect(): T[] {
    return collect(this)
  }
  /** All records, computing one partition at a time when it is reached. Spark: `RDD.toLocalIterator`. */
  toLocalIterator(): Generator<T, void, undefined> {
    return toLocalIterator(this)
  }
  /** How many records there are. Spark: `RDD.count`. */
  count(): number {
    return count(this)
  }
  /** Exact: nothing is cut short. Spark: `RDD.countApprox`. */
  countApprox(_timeoutMs: number, _confidence: number = 0.95): BoundedNumber {
    return exactly(count(this))
  }
  /**
   * Records compared like keys. Entries are found by `get` where the records are strings, numbers and the like; else
   * iterate. Spark: `RDD.countByValue`.
   */
  countByValue(): Map<T, number> {
    return countByValue(this)
  }
  /** Exact, in the form of Spark's approximation. Spark: `RDD.countByValueApprox`. */
  countByValueApprox(_timeoutMs: number, _confidence: number = 0.95): Map<T, BoundedNumber> {
    return new Map(Array.from(countByValue(this), ([record, n]) => [record, exactly(n)]))
  }
  /**
   * HyperLogLog with a relative standard deviation of at most `relativeSd`, from 0.0011. Spark:
   * `RDD.countApproxDistinct`.
   */
  countApproxDistinct(relativeSd: number = 0.05): number {
    return countApproxDistinct(this, relativeSd)
  }

  /** The first `n` records. Computes only as many partitions as needed. Spark: `RDD.take`. */
  take(n: number): T[] {
    needsCount(n, 'take')
    return take(this, n)
  }
  /** The first record. Spark: `RDD.first`. */
  first(): T {
    return first(this)
  }
  /** Whether there is no record. Spark: `RDD.isEmpty`. */
  isEmpty(): boolean {
    return isEmpty(this)
  }
  /** The `n` largest records, largest first. Spark: `RDD.top`. */
  top(n: number, compare: Compare<T> = naturalOrder): T[] {
    needsCount(n, 'top')
    return top(this, n, checkedOrder(compare))
  }
  /** The `n` smallest records, smallest first. Spark: `RDD.takeOrdered`. */
  takeOrdered(n: number, compare: Compare<T> = naturalOrder): T[] {
    needsCount(n, 'takeOrdered')
    return takeOrdered(this, n, checkedOrder(compare))
  }
  /**
   * Exactly `n` random records, or all if there are fewer. Without a seed, the same ones each time (see `sample`).
   * Spark: `RDD.takeSample`.
   */
  takeSample(withReplacement: boolean, n: number, seed: number = positionSeed(this.node)): T[] {
    needsCount(n, 'takeSample')
    return takeSample(this, withReplacement, n, seed)
  }
  /** The largest record, by `compare` or the natural order of keys. Spark: `RDD.max`. */
  max(compare: Compare<T> = naturalOrder): T {
    const order = checkedOrder(compare)
    return reduce(this, (a, b) => (order(a, b) >= 0 ? a : b))
  }
  /** The smallest record, by `compare` or the natural order of keys. Spark: `RDD.min`. */
  min(compare: Compare<T> = naturalOrder): T {
    const order = checkedOrder(compare)
    return reduce(this, (a, b) => (order(a, b) <= 0 ? a : b))
  }

  /** `f` must not depend on the order of records. Throws `E_EMPTY_COLLECTION`. Spark: `RDD.reduce`. */
  reduce(f: (a: T, b: T) => T): T {
    needsFunction(f, 'reduce')
    return reduce(this, f)
  }
  /** The same as `reduce`. Spark: `RDD.treeReduce`. */
  treeReduce(f: (a: T, b: T) => T, depth: number = 2): T {
    needsFunction(f, 'treeReduce')
    checkDepth(depth)
    return reduce(this, f)
  }

  /**
   * The zero counts once per partition and once more: use one that changes nothing. `fold(0)(add)` and `fold(0, add)`
   * are the same. Spark: `RDD.fold`.
   */
  fold(zero: T): Folding<T>
  fold(zero: T, op: (a: T, b: T) => T): T
  fold(zero: T, op?: (a: T, b: T) => T): unknown {
    const run = (f: (a: T, b: T) => T): T => {
      needsFunction(f, 'fold')
      return aggregate(this, zero, f, f)
    }
    return op === undefined ? run : run(op)
  }

  /**
   * Like `fold`, to another type. Functions may change and return their first argument: each partition gets a copy of
   * the zero. Spark: `RDD.aggregate`.
   */
  aggregate<U>(zero: U): (seqOp: (soFar: U, record: T) => U, combOp: (a: U, b: U) => U) => U
  aggregate<U>(zero: U, seqOp: (soFar: U, record: T) => U, combOp: (a: U, b: U) => U): U
  aggregate<U>(zero: U, seqOp?: (soFar: U, record: T) => U, combOp?: (a: U, b: U) => U): unknown {
    const run = (seq: (soFar: U, record: T) => U, comb: (a: U, b: U) => U): U => {
      for (const f of [seq, comb]) needsFunction(f, 'aggregate')
      return aggregate(this, zero, seq, comb)
    }
    return seqOp === undefined ? run : run(seqOp, combOp!)
  }

  /** The same as `aggregate`. Spark: `RDD.treeAggregate`. */
  treeAggregate<U>(zero: U): (seqOp: (soFar: U, record: T) => U, combOp: (a: U, b: U) => U, depth?: number) => U
  treeAggregate<U>(zero: U, seqOp: (soFar: U, record: T) => U, combOp: (a: U, b: U) => U, depth?: number): U
  treeAggregate<U>(
    zero: U,
    seqOp?: (soFar: U, record: T) => U,
    combOp?: (a: U, b: U) => U,
    depth: number = 2,
  ): unknown {
    const run = (seq: (soFar: U, record: T) => U, comb: (a: U, b: U) => U, levels: number = 2): U => {
      for (const f of [seq, comb]) needsFunction(f, 'treeAggregate')
      checkDepth(levels)
      return aggregate(this, zero, seq, comb)
    }
    return seqOp === undefined ? run : run(seqOp, combOp!, depth)
  }

  /**
   * Calls `f` with each record. Returns a promise when `f` does; partitions then run one after the other. Spark:
   * `RDD.foreach`.
   */
  foreach(f: (record: T) => PromiseLike<unknown>): Promise<void>
  foreach(f: (record: T) => void): void
  foreach(f: (record: T) => unknown): void | Promise<void> {
    needsFunction(f, 'foreach')
    return foreach(this, f)
  }

  /**
   * Calls `f` once per partition, empty ones included. Returns a promise when `f` does; partitions then run one after
   * the other. Spark: `RDD.foreachPartition`.
   */
  foreachPartition(f: (records: IterableIterator<T>) => PromiseLike<unknown>): Promise<void>
  foreachPartition(f: (records: IterableIterator<T>) => void): void
  foreachPartition(f: (records: IterableIterator<T>) => unknown): void | Promise<void> {
    needsFunction(f, 'foreachPartition')
    return foreachPartition(this, f)
  }

  /**
   * A file of lines per partition and `_SUCCESS` in a new local folder. Throws `E_OUTPUT_EXISTS`, outside of streams.
   * Spark: `RDD.saveAsTextFile`.
   */
  saveAsTextFile(folder: string, codec?: 'gzip'): void {
    saveAsTextFile(this, folder, { overwrite: this.sparkContext.overwriteOutput, codec: codec ?? null })
  }
  /** Like `saveAsTextFile`, in binary form for `sc.objectFile`. Spark: `RDD.saveAsObjectFile`. */
  saveAsObjectFile(folder: string): void {
    saveAsObjectFile(this, folder, { overwrite: this.sparkContext.overwriteOutput })
  }

  /** `count`, as a promise. Spark: `AsyncRDDActions.countAsync`. */
  async countAsync(): Promise<number> {
    return this.count()
  }
  /** `collect`, as a promise. Spark: `AsyncRDDActions.collectAsync`. */
  async collectAsync(): Promise<T[]> {
    return this.collect()
  }
  /** `take`, as a promise. Spark: `AsyncRDDActions.takeAsync`. */
  async takeAsync(n: number): Promise<T[]> {
    return this.take(n)
  }
  /** `foreach`, always as a promise. Spark: `AsyncRDDActions.foreachAsync`. */
  foreachAsync(f: (record: T) => unknown): Promise<void> {
    needsFunction(f, 'foreachAsync')
    return handedOn(this.runner, async () => foreach(this, f))
  }
  /** `foreachPartition`, always as a promise. Spark: `AsyncRDDActions.foreachPartitionAsync`. */
  foreachPartitionAsync(f: (records: IterableIterator<T>) => unknown): Promise<void> {
    needsFunction(f, 'foreachPartitionAsync')
    return handedOn(this.runner, async () => foreachPartition(this, f))
  }

  // Of numbers:

  /** 0 without records. Spark: `DoubleRDDFunctions.sum`. */
  sum(this: RddActions<number>): number {
    return sum(this)
  }
  /** 0 without records. Spark: `DoubleRDDFunctions.mean`. */
  mean(this: RddActions<number>): number {
    return stats(this).mean()
  }
  /** Of the population; NaN without records. Spark: `DoubleRDDFunctions.variance`. */
  variance(this: RddActions<number>): number {
    return stats(this).variance()
  }
  /** Of the population; NaN without records. Spark: `DoubleRDDFunctions.stdev`. */
  stdev(this: RddActions<number>): number {
    return stats(this).stdev()
  }
  /** NaN below two records. Spark: `DoubleRDDFunctions.sampleVariance`. */
  sampleVariance(this: RddActions<number>): number {
    return stats(this).sampleVariance()
  }
  /** NaN below two records. Spark: `DoubleRDDFunctions.sampleStdev`. */
  sampleStdev(this: RddActions<number>): number {
    return stats(this).sampleStdev()
  }
  /** Count, sum, mean, variance, smallest and largest in one pass. Spark: `DoubleRDDFunctions.stats`. */
  stats(this: RddActions<number>): StatCounter {
    return stats(this)
  }
  /**
   * Numbers per bucket: for a number of even buckets with their edges, for given edges the counts alone. The last
   * bucket holds its upper edge. Spark: `DoubleRDDFunctions.histogram`.
   */
  histogram(this: RddActions<number>, buckets: number): [edges: number[], counts: number[]]
  histogram(this: RddActions<number>, edges: readonly number[]): number[]
  histogram(this: RddActions<number>, buckets: number | readonly number[]): unknown {
    return typeof buckets === 'number' ? evenHistogram(this, buckets) : histogram(this, buckets)
  }

  // Of pairs:

  /** How many pairs each key has. Spark: `PairRDDFunctions.countByKey`. */
  countByKey<K>(this: RddActions<readonly [K, unknown]>): Map<K, number> {
    return countByKey(this)
  }
  /** The last value of each key. Spark: `PairRDDFunctions.collectAsMap`. */
  collectAsMap<K, V>(this: RddActions<readonly [K, V]>): Map<K, V> {
    return collectAsMap(this)
  }
  /** The values of one key. Computes one partition if the RDD has a partitioner. Spark: `PairRDDFunctions.lookup`. */
  lookup<K, V>(this: RddActions<readonly [K, V]>, key: K): V[] {
    return lookup(this, key)
  }
  /** `reduceByKey`, as a map on the driver. Spark: `PairRDDFunctions.reduceByKeyLocally`. */
  reduceByKeyLocally<K, V>(this: RddActions<readonly [K, V]>, f: (a: V, b: V) => V): Map<K, V> {
    needsFunction(f, 'reduceByKeyLocally')
    return reduceByKeyLocally(this, f)
  }
}

function checkDepth(depth: number): void {
  if (typeof depth !== 'number' || !(depth >= 1))
    throw badArgument(`Depth must be greater than or equal to 1 but got ${shownOr(depth)}.`, 'leave it out')
}
