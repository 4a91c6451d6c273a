import type { Partitioner } from '../../shuffle/partitioner.ts'
import type { SparkContext } from './spark-context.ts'
import { collect, collectAsMap, lookup, toLocalIterator } from './actions/collect.ts'
import { type BoundedNumber, count, countApproxDistinct, countByKey, countByValue, exactly } from './actions/counts.ts'
import { foreach, foreachPartition } from './actions/each.ts'
import { aggregate, reduce, reduceByKeyLocally } from './actions/folds.ts'
import { evenHistogram, histogram, stats, sum } from './actions/numbers.ts'
import { splitsOf } from './actions/partials.ts'
import { saveAsObjectFile, saveAsTextFile } from './actions/save.ts'
import { first, isEmpty, take, takeOrdered, takeSample, top } from './actions/take.ts'
import { badArgument } from '../../lineage/bad-argument.ts'
import { debugString } from './debug-string.ts'
import type { JobRunner, Runnable } from '../../lineage/jobs.ts'
import type { RddNode } from '../../lineage/node.ts'
import { type Compare, naturalOrder } from '../../lineage/ordering.ts'
import { positionSeed } from '../../lineage/sampling.ts'
import type { StatCounter } from './statistics.ts'
import { sameLevel, StorageLevel } from './storage-level.ts'

/** A method's type, so that an RDD of a narrower type stands in for one of a wider type. */
type Folding<T> = { fold(op: (a: T, b: T) => T): T }['fold']

/**
 * What an RDD can be asked: its records, numbers about them, and how it is kept. Actions run at once and return values.
 * They need the records at hand, as `foreachRDD` and `transform` have them; elsewhere they throw `E_NOT_RESIDENT`.
 * After `sparkContext.stop()` they throw `E_CONTEXT_STOPPED`.
 */
export abstract class RddActions<T> implements Runnable<T> {
  readonly sparkContext: SparkContext
  readonly node: RddNode<T>
  readonly id: number
  name: string | null = null
  readonly #runner: JobRunner
  #level: StorageLevel = StorageLevel.NONE
  #isCheckpointed = false

  constructor(sparkContext: SparkContext, node: RddNode<T>, runner: JobRunner) {
    this.sparkContext = sparkContext
    this.node = node
    this.#runner = runner
    this.id = sparkContext.newRddId()
  }

  /** Whoever runs the jobs of this RDD. Throws `E_CONTEXT_STOPPED`. */
  get runner(): JobRunner {
    this.sparkContext.assertActive()
    return this.#runner
  }

  get partitioner(): Partitioner | null {
    return this.node.partitioner
  }
  get partitions(): readonly { readonly index: number }[] {
    return splitsOf(this.node.partitions).map((index) => ({ index }))
  }
  getNumPartitions(): number {
    return this.node.partitions
  }
  setName(name: string): this {
    this.name = name
    return this
  }
  toDebugString(): string {
    return debugString(this.node)
  }
  toString(): string {
    return `${this.name ? `${this.name} ` : ''}${this.node.label ?? this.node.kind}[${this.id}]${this.node.place ? ` at ${this.node.place}` : ''}`
  }

  /**
   * Computes each partition at most once per task from now on. Throws `E_ARGUMENT` when another level was given before.
   */
  persist(level: StorageLevel = StorageLevel.MEMORY_ONLY): this {
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

  cache(): this {
    return this.persist()
  }

  unpersist(_blocking: boolean = false): this {
    this.#level = StorageLevel.NONE
    this.node.cached = false
    this.#runner.release?.(this.node)
    return this
  }

  getStorageLevel(): StorageLevel {
    return this.#level
  }

  /** A mark only: the records of a batch are fixed when it is planned, so nothing is gained by cutting its lineage. */
  checkpoint(): void {
    this.#isCheckpointed = true
  }
  localCheckpoint(): this {
    this.checkpoint()
    return this
  }
  /** Whether it was marked. */
  isCheckpointed(): boolean {
    return this.#isCheckpointed
  }
  getCheckpointFile(): string | null {
    return null
  }

  /** All records, in partition order. */
  collect(): T[] {
    return collect(this)
  }
  /** All records, computing one partition at a time when it is reached. */
  toLocalIterator(): Generator<T, void, undefined> {
    return toLocalIterator(this)
  }
  count(): number {
    return count(this)
  }
  /** Exact: nothing is cut short. */
  countApprox(_timeoutMs: number, _confidence: number = 0.95): BoundedNumber {
    return exactly(count(this))
  }
  /**
   * Records compared like keys. Entries are found by `get` where the records are strings, numbers and the like; else
   * iterate.
   */
  countByValue(): Map<T, number> {
    return countByValue(this)
  }
  countByValueApprox(_timeoutMs: number, _confidence: number = 0.95): Map<T, BoundedNumber> {
    return new Map(Array.from(countByValue(this), ([record, n]) => [record, exactly(n)]))
  }
  /** HyperLogLog with a relative standard deviation of at most `relativeSd`, from 0.0011. */
  countApproxDistinct(relativeSd: number = 0.05): number {
    return countApproxDistinct(this, relativeSd)
  }

  /** The first `n` records. Computes only as many partitions as needed. */
  take(n: number): T[] {
    return take(this, n)
  }
  /** Throws `E_EMPTY_COLLECTION`. */
  first(): T {
    return first(this)
  }
  isEmpty(): boolean {
    return isEmpty(this)
  }
  /** The `n` largest records, largest first. */
  top(n: number, compare: Compare<T> = naturalOrder): T[] {
    return top(this, n, compare)
  }
  /** The `n` smallest records, smallest first. */
  takeOrdered(n: number, compare: Compare<T> = naturalOrder): T[] {
    return takeOrdered(this, n, compare)
  }
  /** Exactly `n` random records, or all if there are fewer. Without a seed, the same ones each time (see `sample`). */
  takeSample(withReplacement: boolean, n: number, seed: number = positionSeed(this.node)): T[] {
    return takeSample(this, withReplacement, n, seed)
  }
  /** Throws `E_EMPTY_COLLECTION`. */
  max(compare: Compare<T> = naturalOrder): T {
    return reduce(this, (a, b) => (compare(a, b) >= 0 ? a : b))
  }
  /** Throws `E_EMPTY_COLLECTION`. */
  min(compare: Compare<T> = naturalOrder): T {
    return reduce(this, (a, b) => (compare(a, b) <= 0 ? a : b))
  }

  /** `f` must not depend on the order of records. Throws `E_EMPTY_COLLECTION`. */
  reduce(f: (a: T, b: T) => T): T {
    return reduce(this, f)
  }
  treeReduce(f: (a: T, b: T) => T, depth: number = 2): T {
    checkDepth(depth)
    return reduce(this, f)
  }

  /**
   * The zero counts once per partition and once more: use one that changes nothing. `fold(0)(add)` and `fold(0, add)`
   * are the same.
   */
  fold(zero: T): Folding<T>
  fold(zero: T, op: (a: T, b: T) => T): T
  fold(zero: T, op?: (a: T, b: T) => T): unknown {
    const run = (f: (a: T, b: T) => T): T => aggregate(this, zero, f, f)
    return op ? run(op) : run
  }

  /**
   * Like `fold`, to another type. Functions may change and return their first argument: each partition gets a copy of
   * the zero.
   */
  aggregate<U>(zero: U): (seqOp: (soFar: U, record: T) => U, combOp: (a: U, b: U) => U) => U
  aggregate<U>(zero: U, seqOp: (soFar: U, record: T) => U, combOp: (a: U, b: U) => U): U
  aggregate<U>(zero: U, seqOp?: (soFar: U, record: T) => U, combOp?: (a: U, b: U) => U): unknown {
    const run = (seq: (soFar: U, record: T) => U, comb: (a: U, b: U) => U): U => aggregate(this, zero, seq, comb)
    return seqOp ? run(seqOp, combOp!) : run
  }

  treeAggregate<U>(zero: U): (seqOp: (soFar: U, record: T) => U, combOp: (a: U, b: U) => U, depth?: number) => U
  treeAggregate<U>(zero: U, seqOp: (soFar: U, record: T) => U, combOp: (a: U, b: U) => U, depth?: number): U
  treeAggregate<U>(
    zero: U,
    seqOp?: (soFar: U, record: T) => U,
    combOp?: (a: U, b: U) => U,
    depth: number = 2,
  ): unknown {
    const run = (seq: (soFar: U, record: T) => U, comb: (a: U, b: U) => U, levels: number = 2): U => {
      checkDepth(levels)
      return aggregate(this, zero, seq, comb)
    }
    return seqOp ? run(seqOp, combOp!, depth) : run
  }

  /** Calls `f` with each record. Returns a promise when `f` does; partitions then run one after the other. */
  foreach(f: (record: T) => PromiseLike<unknown>): Promise<void>
  foreach(f: (record: T) => void): void
  foreach(f: (record: T) => unknown): void | Promise<void> {
    return foreach(this, f)
  }

  /**
   * Calls `f` once per partition, empty ones included. Returns a promise when `f` does; partitions then run one after
   * the other.
   */
  foreachPartition(f: (records: IterableIterator<T>) => PromiseLike<unknown>): Promise<void>
  foreachPartition(f: (records: IterableIterator<T>) => void): void
  foreachPartition(f: (records: IterableIterator<T>) => unknown): void | Promise<void> {
    return foreachPartition(this, f)
  }

  /**
   * A file of lines per partition and `_SUCCESS` in a new local folder. Throws `E_OUTPUT_EXISTS`, outside of streams.
   */
  saveAsTextFile(folder: string, codec?: 'gzip'): void {
    saveAsTextFile(this, folder, { overwrite: this.sparkContext.overwriteOutput, codec })
  }
  /** Like `saveAsTextFile`, in binary form for `sc.objectFile`. */
  saveAsObjectFile(folder: string): void {
    saveAsObjectFile(this, folder, { overwrite: this.sparkContext.overwriteOutput })
  }

  async countAsync(): Promise<number> {
    return this.count()
  }
  async collectAsync(): Promise<T[]> {
    return this.collect()
  }
  async takeAsync(n: number): Promise<T[]> {
    return this.take(n)
  }
  async foreachAsync(f: (record: T) => unknown): Promise<void> {
    await foreach(this, f)
  }
  async foreachPartitionAsync(f: (records: IterableIterator<T>) => unknown): Promise<void> {
    await foreachPartition(this, f)
  }

  // Of numbers:

  /** 0 without records. */
  sum(this: RddActions<number>): number {
    return sum(this)
  }
  /** 0 without records. */
  mean(this: RddActions<number>): number {
    return stats(this).mean()
  }
  /** Of the population; NaN without records. */
  variance(this: RddActions<number>): number {
    return stats(this).variance()
  }
  stdev(this: RddActions<number>): number {
    return stats(this).stdev()
  }
  /** NaN below two records. */
  sampleVariance(this: RddActions<number>): number {
    return stats(this).sampleVariance()
  }
  sampleStdev(this: RddActions<number>): number {
    return stats(this).sampleStdev()
  }
  stats(this: RddActions<number>): StatCounter {
    return stats(this)
  }
  /**
   * Numbers per bucket: for a number of even buckets with their edges, for given edges the counts alone. The last
   * bucket holds its upper edge.
   */
  histogram(this: RddActions<number>, buckets: number): [edges: number[], counts: number[]]
  histogram(this: RddActions<number>, edges: readonly number[]): number[]
  histogram(this: RddActions<number>, buckets: number | readonly number[]): unknown {
    return typeof buckets === 'number' ? evenHistogram(this, buckets) : histogram(this, buckets)
  }

  // Of pairs:

  countByKey<K>(this: RddActions<readonly [K, unknown]>): Map<K, number> {
    return countByKey(this)
  }
  /** The last value of each key. */
  collectAsMap<K, V>(this: RddActions<readonly [K, V]>): Map<K, V> {
    return collectAsMap(this)
  }
  /** The values of one key. Computes one partition if the RDD has a partitioner. */
  lookup<K, V>(this: RddActions<readonly [K, V]>, key: K): V[] {
    return lookup(this, key)
  }
  reduceByKeyLocally<K, V>(this: RddActions<readonly [K, V]>, f: (a: V, b: V) => V): Map<K, V> {
    return reduceByKeyLocally(this, f)
  }
}

function checkDepth(depth: number): void {
  if (!(depth >= 1)) throw badArgument(`Depth must be greater than or equal to 1 but got ${depth}.`, 'leave it out')
}
