import type { Needing, Takes } from './takes-pairs.ts'
import { type Partitioner, partitionerOf } from '../../shuffle/partitioner.ts'
import type { Aggregator } from '../../shuffle/writer.ts'
import { callerPlace } from '../../model/place.ts'
import { readSetting } from '../../model/settings/read.ts'
import type { SparkContext } from './spark-context.ts'
import { needsFlag, needsFunction, nodeOf } from '../../lineage/bad-argument.ts'
import { cartesianNode, unionNode } from '../../lineage/combine.ts'
import type { Inferred, Parts } from '../../lineage/inferred.ts'
import type { JobRunner } from '../../lineage/jobs.ts'
import { narrowNode, partitionsNode } from '../../lineage/narrow.ts'
import type { RddNode } from '../../lineage/node.ts'
import { checkedOrder, type Compare, naturalOrder } from '../../lineage/ordering.ts'
import { RddActions } from './rdd-actions.ts'
import { positionSeed } from '../../lineage/sampling.ts'
import { partitionedNode } from '../../lineage/shuffled.ts'
import {
  aggregateByKey,
  combineByKey,
  countApproxDistinctByKey,
  groupByKey,
  reduceByKey,
} from './transformations/by-key.ts'
import { zipWithIndex, zipWithUniqueId } from './transformations/indexed.ts'
import { cogroup, join } from './transformations/joins.ts'
import { coalesce, defaultPartitioner, sameCount } from './transformations/partitioning.ts'
import { pipe } from './transformations/pipe.ts'
import { type Fractions, randomSplit, sample, sampleByKey, sampleByKeyExact } from './transformations/sampled.ts'
import { distinct, intersection, subtract, subtractByKey } from './transformations/sets.ts'
import { repartitionAndSort, sortBy, sortByKey } from './transformations/sorted.ts'
import { zip, zipPartitions } from './transformations/zipped.ts'

/** An RDD of pairs, with what TypeScript is to say of any other. */
type PairsFor<Why extends string, K, V> = RDD<readonly [K, V]> & Needing<Why>

/**
 * The records of one batch, or of the program itself, in partitions (Spark's `RDD`). Transformations describe; nothing
 * runs before an action, except that sorting, `zipWithIndex` and `sampleByKeyExact` run a job of their own to learn
 * about the data. Methods for pairs exist where the records are pairs: `[key, value]`. Keys are compared by value.
 *
 * `parts` is a number of partitions or a partitioner. Without it, keys go where an input's partitioner sends them; else
 * they are hashed into `spark.default.parallelism` partitions, or as many as the largest input has.
 */
export class RDD<T> extends RddActions<T> {
  /** `f` of each record. Spark: `RDD.map`. */
  map<U extends Inferred>(f: (record: T) => U): RDD<U> {
    return this.#derived('map', narrowNode<U>(this.node, { kind: 'map', f }))
  }
  /** The records for which `keep` answers something truthy. Spark: `RDD.filter`. */
  filter<U extends T>(f: (record: T) => record is U): RDD<U>
  filter(f: (record: T) => boolean): RDD<T>
  filter(f: (record: T) => unknown): RDD<any> {
    return this.#derived('filter', narrowNode<T>(this.node, { kind: 'filter', f }))
  }
  /** Zero or more records for each record. Spark: `RDD.flatMap`. */
  flatMap<U extends Inferred>(f: (record: T) => Iterable<U>): RDD<U> {
    return this.#derived('flatMap', narrowNode<U>(this.node, { kind: 'flatMap', f }))
  }

  /**
   * `f` on the iterator of each partition. `preservesPartitioning` promises that it keeps the keys of pairs. Spark:
   * `RDD.mapPartitions`.
   */
  mapPartitions<U extends Inferred>(
    f: (records: IterableIterator<T>) => Iterable<U>,
    preservesPartitioning: boolean = false,
  ): RDD<U> {
    needsFunction(f, 'mapPartitions')
    needsFlag(preservesPartitioning, 'mapPartitions', 'preservesPartitioning')
    return this.#derived(
      'mapPartitions',
      partitionsNode(this.node, (records) => f(records), preservesPartitioning),
    )
  }

  /** Like `mapPartitions`; `f` also gets the number of the partition. Spark: `RDD.mapPartitionsWithIndex`. */
  mapPartitionsWithIndex<U extends Inferred>(
    f: (index: number, records: IterableIterator<T>) => Iterable<U>,
    preservesPartitioning: boolean = false,
  ): RDD<U> {
    needsFunction(f, 'mapPartitionsWithIndex')
    needsFlag(preservesPartitioning, 'mapPartitionsWithIndex', 'preservesPartitioning')
    return this.#derived(
      'mapPartitionsWithIndex',
      partitionsNode(this.node, (records, index) => f(index, records), preservesPartitioning),
    )
  }

  /** One array per partition. Spark: `RDD.glom`. */
  glom(): RDD<T[]> {
    return this.#derived(
      'glom',
      partitionsNode(this.node, (records): T[][] => [[...records]]),
    )
  }
  /** Each record with `f` of it as its key. Spark: `RDD.keyBy`. */
  keyBy<K>(f: (record: T) => K): RDD<[K, T]> {
    needsFunction(f, 'keyBy')
    return this.#derived('keyBy', narrowNode(this.node, { kind: 'map', f: (record: T) => [f(record), record] }))
  }
  /**
   * Each partition through a program: a line per record in and out. Throws `E_PIPE` where it ends with an error. Spark:
   * `RDD.pipe`.
   */
  pipe(command: string | readonly string[], env: Readonly<Record<string, string>> = {}): RDD<string> {
    return this.#derived('pipe', pipe(this.node, command, env))
  }

  /** One of each record; the order is lost. Spark: `RDD.distinct`. */
  distinct(parts?: Parts): RDD<T> {
    return this.#derived('distinct', distinct(this.node, this.#ownCount(parts)))
  }
  /** All records of all sides; nothing is removed. Spark: `RDD.union`. */
  union(...others: readonly RDD<T>[]): RDD<T> {
    return this.#derived('union', unionNode([this.node, ...others.map((other) => nodeOf(other, 'union'))]), ...others)
  }
  /** Records on both sides, once each. Spark: `RDD.intersection`. */
  intersection(other: RDD<T>, parts?: Parts): RDD<T> {
    return this.#derived(
      'intersection',
      intersection(this.node, nodeOf(other, 'intersection'), this.#partitioner(parts, other)),
      other,
    )
  }
  /** Records that `other` does not have; duplicates stay. Spark: `RDD.subtract`. */
  subtract(other: RDD<T>, parts?: Parts): RDD<T> {
    return this.#derived('subtract', subtract(this.node, nodeOf(other, 'subtract'), this.#ownCount(parts)), other)
  }
  /** Every record here with every record of `other`. Spark: `RDD.cartesian`. */
  cartesian<U>(other: RDD<U>): RDD<[T, U]> {
    return this.#derived('cartesian', cartesianNode(this.node, nodeOf(other, 'cartesian')), other)
  }
  /** Pairs by position. Throws `E_ZIP` unless partitions agree in number and size. Spark: `RDD.zip`. */
  zip<U>(other: RDD<U>): RDD<[T, U]> {
    return this.#derived('zip', zip(this.node, nodeOf(other, 'zip')), other)
  }

  /**
   * `f` on the iterators of one partition of every side. Sides may differ in size, not in their number of partitions.
   * Spark: `RDD.zipPartitions`.
   */
  zipPartitions<A, U extends Inferred>(
    a: RDD<A>,
    f: (own: IterableIterator<T>, a: IterableIterator<A>) => Iterable<U>,
  ): RDD<U>
  zipPartitions<A, B, U extends Inferred>(
    a: RDD<A>,
    b: RDD<B>,
    f: (own: IterableIterator<T>, a: IterableIterator<A>, b: IterableIterator<B>) => Iterable<U>,
  ): RDD<U>
  zipPartitions(...args: any[]): RDD<any> {
    const others = args.slice(0, -1) as RDD<any>[]
    needsFunction(args.at(-1), 'zipPartitions')
    return this.#derived(
      'zipPartitions',
      zipPartitions([this.node, ...others.map((other) => nodeOf(other, 'zipPartitions'))], args.at(-1)),
      ...others,
    )
  }

  /**
   * Numbers from 0 in partition order. Runs a job where there is more than one partition. Spark: `RDD.zipWithIndex`.
   */
  zipWithIndex(): RDD<[T, number]> {
    return this.#derived('zipWithIndex', zipWithIndex(this))
  }
  /** Numbers with gaps, without a job. Spark: `RDD.zipWithUniqueId`. */
  zipWithUniqueId(): RDD<[T, number]> {
    return this.#derived('zipWithUniqueId', zipWithUniqueId(this.node))
  }

  /**
   * Sorted within and across partitions. Runs a job that samples the keys, unless one partition is wanted. Spark:
   * `RDD.sortBy`.
   */
  sortBy<K>(
    f: (record: T) => K,
    ascending: boolean = true,
    parts: number = Math.max(1, this.node.partitions),
    compare: Compare<K> = naturalOrder,
  ): RDD<T> {
    needsFunction(f, 'sortBy')
    return this.#derived('sortBy', sortBy(this, f, parts, { compare: checkedOrder(compare), ascending }))
  }

  /** The same records over so many partitions, through a shuffle. Throws `E_PARTITIONS`. Spark: `RDD.repartition`. */
  repartition(partitions: number): RDD<T> {
    return this.coalesce(partitions, true)
  }
  /** Without a shuffle it joins neighbours and never makes more partitions. Spark: `RDD.coalesce`. */
  coalesce(partitions: number, shuffle: boolean = false): RDD<T> {
    needsFlag(shuffle, 'coalesce', 'shuffle')
    return this.#derived(shuffle ? 'repartition' : 'coalesce', coalesce(this.node, partitions, shuffle))
  }

  /**
   * Each record with probability `fraction`; with replacement, that often on average. The seed decides; without one it
   * follows from the place in the lineage, so samples of one RDD are equal unless they are given seeds, and a batch
   * that runs again draws the same. Spark: `RDD.sample`.
   */
  sample(withReplacement: boolean, fraction: number, seed: number = positionSeed(this.node)): RDD<T> {
    return this.#derived('sample', sample(this.node, withReplacement, fraction, seed))
  }

  /** Every record in exactly one part, by chance in proportion to the weights. Spark: `RDD.randomSplit`. */
  randomSplit(weights: readonly number[], seed: number = positionSeed(this.node)): RDD<T>[] {
    return randomSplit(this.node, weights, seed).map((node) => this.#derived('randomSplit', node))
  }

  /** All records with the same `f` of them, in one array per key. Spark: `RDD.groupBy`. */
  groupBy<K>(f: (record: T) => K, parts?: Parts): RDD<[K, T[]]> {
    needsFunction(f, 'groupBy')
    return this.#derived('groupBy', groupByKey(this.keyBy(f).node, this.#partitioner(parts)))
  }

  // Of pairs:

  /** The first of each pair. Spark: `PairRDDFunctions.keys`. */
  keys<K>(this: PairsFor<Takes<'keys'>, K, unknown>): RDD<K> {
    return this.#derived('keys', narrowNode<K>(this.node, { kind: 'map', f: (pair) => pair[0] }))
  }
  /** The second of each pair. Spark: `PairRDDFunctions.values`. */
  values<V>(this: PairsFor<Takes<'values'>, unknown, V>): RDD<V> {
    return this.#derived('values', narrowNode<V>(this.node, { kind: 'map', f: (pair) => pair[1] }))
  }
  /** Pairs with `f` of each value and the same key; partitioning is kept. Spark: `PairRDDFunctions.mapValues`. */
  mapValues<K, V, W extends Inferred>(this: PairsFor<Takes<'mapValues'>, K, V>, f: (value: V) => W): RDD<[K, W]> {
    return this.#derived('mapValues', narrowNode<[K, W]>(this.node, { kind: 'mapValues', f }))
  }
  /**
   * A pair for each of the values that `f` makes of a value; partitioning is kept. Spark:
   * `PairRDDFunctions.flatMapValues`.
   */
  flatMapValues<K, V, W extends Inferred>(
    this: PairsFor<Takes<'flatMapValues'>, K, V>,
    f: (value: V) => Iterable<W>,
  ): RDD<[K, W]> {
    return this.#derived('flatMapValues', narrowNode<[K, W]>(this.node, { kind: 'flatMapValues', f }))
  }

  /** All values of each key, in one array. Spark: `PairRDDFunctions.groupByKey`. */
  groupByKey<K, V>(this: PairsFor<Takes<'groupByKey'>, K, V>, parts?: Parts): RDD<[K, V[]]> {
    return this.#derived('groupByKey', groupByKey(this.node, this.#partitioner(parts)))
  }
  /**
   * One value per key: `f` over its values, first within each partition. `f` must be associative and commutative.
   * Spark: `PairRDDFunctions.reduceByKey`.
   */
  reduceByKey<K, V>(this: PairsFor<Takes<'reduceByKey'>, K, V>, f: (a: V, b: V) => V, parts?: Parts): RDD<[K, V]> {
    needsFunction(f, 'reduceByKey')
    return this.#derived('reduceByKey', reduceByKey(this.node, f, this.#partitioner(parts)))
  }

  /**
   * One combined value per key: `create` makes it of the first value in a partition, `merge` takes in another one,
   * `mergeCombiners` joins those of several partitions. Spark: `PairRDDFunctions.combineByKey`.
   */
  combineByKey<K, V, C>(
    this: PairsFor<Takes<'combineByKey'>, K, V>,
    create: Aggregator<V, C>['create'],
    merge: Aggregator<V, C>['merge'],
    mergeCombiners: Aggregator<V, C>['mergeCombiners'],
    parts?: Parts,
    mapSideCombine: boolean = true,
  ): RDD<[K, C]> {
    for (const f of [create, merge, mergeCombiners]) needsFunction(f, 'combineByKey')
    needsFlag(mapSideCombine, 'combineByKey', 'mapSideCombine')
    return this.#derived(
      'combineByKey',
      combineByKey(this.node, { create, merge, mergeCombiners }, this.#partitioner(parts), mapSideCombine),
    )
  }

  /**
   * The zero counts once per key and partition. Functions may change and return their first argument. `(zero,
   * parts?)(seqOp, combOp)` works too. Spark: `PairRDDFunctions.aggregateByKey`.
   */
  aggregateByKey<K, V, U>(
    this: PairsFor<Takes<'aggregateByKey'>, K, V>,
    zero: U,
    parts?: Parts,
  ): (seqOp: (combined: U, value: V) => U, combOp: (a: U, b: U) => U) => RDD<[K, U]>
  aggregateByKey<K, V, U>(
    this: PairsFor<Takes<'aggregateByKey'>, K, V>,
    zero: U,
    seqOp: (combined: U, value: V) => U,
    combOp: (a: U, b: U) => U,
    parts?: Parts,
  ): RDD<[K, U]>
  aggregateByKey(this: RDD<readonly [any, any]>, zero: unknown, ...args: any[]): unknown {
    const run = (seqOp: any, combOp: any, partitioner: Partitioner): RDD<any> => {
      for (const f of [seqOp, combOp]) needsFunction(f, 'aggregateByKey')
      return this.#derived('aggregateByKey', aggregateByKey(this.node, zero, seqOp, combOp, partitioner))
    }
    if (typeof args[0] === 'function') return run(args[0], args[1], this.#partitioner(args[2]))
    const partitioner = this.#partitioner(args[0])
    return (seqOp: unknown, combOp: unknown) => run(seqOp, combOp, partitioner)
  }

  /** The zero counts once per key and partition. `(zero, parts?)(f)` works too. Spark: `PairRDDFunctions.foldByKey`. */
  foldByKey<K, V>(
    this: PairsFor<Takes<'foldByKey'>, K, V>,
    zero: V,
    parts?: Parts,
  ): (f: (a: V, b: V) => V) => RDD<[K, V]>
  foldByKey<K, V>(this: PairsFor<Takes<'foldByKey'>, K, V>, zero: V, f: (a: V, b: V) => V, parts?: Parts): RDD<[K, V]>
  foldByKey(this: RDD<readonly [any, any]>, zero: unknown, ...args: any[]): unknown {
    const run = (f: any, partitioner: Partitioner): RDD<any> => {
      needsFunction(f, 'foldByKey')
      return this.#derived('foldByKey', aggregateByKey(this.node, zero, f, f, partitioner))
    }
    if (typeof args[0] === 'function') return run(args[0], this.#partitioner(args[1]))
    const partitioner = this.#partitioner(args[0])
    return (f: unknown) => run(f, partitioner)
  }

  /**
   * HyperLogLog per key, with a relative standard deviation of at most `relativeSd`. Spark:
   * `PairRDDFunctions.countApproxDistinctByKey`.
   */
  countApproxDistinctByKey<K>(
    this: PairsFor<Takes<'countApproxDistinctByKey'>, K, unknown>,
    relativeSd: number = 0.05,
    parts?: Parts,
  ): RDD<[K, number]> {
    return this.#derived(
      'countApproxDistinctByKey',
      countApproxDistinctByKey(this.node, relativeSd, this.#partitioner(parts)),
    )
  }

  /** Every pairing of the values of a key that both sides have. Spark: `PairRDDFunctions.join`. */
  join<K, V, W>(this: PairsFor<Takes<'join'>, K, V>, other: RDD<readonly [K, W]>, parts?: Parts): RDD<[K, [V, W]]> {
    return this.#derived(
      'join',
      join('inner', this.node, nodeOf(other, 'join'), this.#partitioner(parts, other)),
      other,
    )
  }
  /** Like `join`, with `undefined` where `other` lacks the key. Spark: `PairRDDFunctions.leftOuterJoin`. */
  leftOuterJoin<K, V, W>(
    this: PairsFor<Takes<'leftOuterJoin'>, K, V>,
    other: RDD<readonly [K, W]>,
    parts?: Parts,
  ): RDD<[K, [V, W | undefined]]> {
    return this.#derived(
      'leftOuterJoin',
      join('left', this.node, nodeOf(other, 'leftOuterJoin'), this.#partitioner(parts, other)),
      other,
    )
  }
  /** Like `join`, with `undefined` where this RDD lacks the key. Spark: `PairRDDFunctions.rightOuterJoin`. */
  rightOuterJoin<K, V, W>(
    this: PairsFor<Takes<'rightOuterJoin'>, K, V>,
    other: RDD<readonly [K, W]>,
    parts?: Parts,
  ): RDD<[K, [V | undefined, W]]> {
    return this.#derived(
      'rightOuterJoin',
      join('right', this.node, nodeOf(other, 'rightOuterJoin'), this.#partitioner(parts, other)),
      other,
    )
  }
  /** Like `join`, with `undefined` for the side that lacks the key. Spark: `PairRDDFunctions.fullOuterJoin`. */
  fullOuterJoin<K, V, W>(
    this: PairsFor<Takes<'fullOuterJoin'>, K, V>,
    other: RDD<readonly [K, W]>,
    parts?: Parts,
  ): RDD<[K, [V | undefined, W | undefined]]> {
    return this.#derived(
      'fullOuterJoin',
      join('full', this.node, nodeOf(other, 'fullOuterJoin'), this.#partitioner(parts, other)),
      other,
    )
  }

  /** For each key of any side, the values of every side. One to three others. Spark: `PairRDDFunctions.cogroup`. */
  cogroup<K, V, A>(this: PairsFor<Takes<'cogroup'>, K, V>, a: RDD<readonly [K, A]>, parts?: Parts): RDD<[K, [V[], A[]]]>
  cogroup<K, V, A, B>(
    this: PairsFor<Takes<'cogroup'>, K, V>,
    a: RDD<readonly [K, A]>,
    b: RDD<readonly [K, B]>,
    parts?: Parts,
  ): RDD<[K, [V[], A[], B[]]]>
  cogroup<K, V, A, B, C>(
    this: PairsFor<Takes<'cogroup'>, K, V>,
    a: RDD<readonly [K, A]>,
    b: RDD<readonly [K, B]>,
    c: RDD<readonly [K, C]>,
    parts?: Parts,
  ): RDD<[K, [V[], A[], B[], C[]]]>
  cogroup(this: RDD<readonly [any, any]>, ...args: (RDD<readonly [any, any]> | Parts | undefined)[]): RDD<any> {
    // Only what comes last may be where keys go; one alone is the other side.
    const hasParts = args.length > 1 && !(args.at(-1) instanceof RDD)
    const others = (hasParts ? args.slice(0, -1) : args) as RDD<readonly [any, any]>[]
    const [other, ...more] = others
    const sides = [this, other, ...more].map((side) => nodeOf(side, 'cogroup'))
    const parts = (hasParts ? args.at(-1) : undefined) as Parts | undefined
    return this.#derived('cogroup', cogroup(sides, this.#partitioner(parts, ...others)), ...others)
  }

  /** The same as `cogroup`. Spark: `PairRDDFunctions.groupWith`. */
  groupWith<K, V, A>(this: PairsFor<Takes<'groupWith'>, K, V>, a: RDD<readonly [K, A]>): RDD<[K, [V[], A[]]]>
  groupWith<K, V, A, B>(
    this: PairsFor<Takes<'groupWith'>, K, V>,
    a: RDD<readonly [K, A]>,
    b: RDD<readonly [K, B]>,
  ): RDD<[K, [V[], A[], B[]]]>
  groupWith<K, V, A, B, C>(
    this: PairsFor<Takes<'groupWith'>, K, V>,
    a: RDD<readonly [K, A]>,
    b: RDD<readonly [K, B]>,
    c: RDD<readonly [K, C]>,
  ): RDD<[K, [V[], A[], B[], C[]]]>
  groupWith(this: RDD<readonly [any, any]>, ...others: [RDD<readonly [any, any]>]): RDD<any> {
    return this.cogroup(...others, undefined)
  }

  /** Pairs whose keys `other` does not have; duplicates stay. Spark: `PairRDDFunctions.subtractByKey`. */
  subtractByKey<K, V>(
    this: PairsFor<Takes<'subtractByKey'>, K, V>,
    other: RDD<readonly [K, unknown]>,
    parts?: Parts,
  ): RDD<[K, V]> {
    const partitioner = parts === undefined ? (this.partitioner ?? sameCount(this.node)) : this.#given(parts)
    return this.#derived('subtractByKey', subtractByKey(this.node, nodeOf(other, 'subtractByKey'), partitioner), other)
  }

  /** The pairs, each in the partition that the partitioner gives its key. Spark: `PairRDDFunctions.partitionBy`. */
  partitionBy<K, V>(this: PairsFor<Takes<'partitionBy'>, K, V>, parts: Parts): RDD<[K, V]> {
    return this.#derived('partitionBy', partitionedNode<K, V>(this.node, this.#given(parts)))
  }
  /**
   * Sorted within and across partitions. Runs a job that samples the keys, unless one partition is wanted. Spark:
   * `OrderedRDDFunctions.sortByKey`.
   */
  sortByKey<K, V>(
    this: PairsFor<Takes<'sortByKey'>, K, V>,
    ascending: boolean = true,
    parts: number = Math.max(1, this.node.partitions),
    compare: Compare<K> = naturalOrder,
  ): RDD<[K, V]> {
    return this.#derived('sortByKey', sortByKey(this, parts, { compare: checkedOrder(compare), ascending }))
  }

  /** Sorted within partitions only; runs no job. Spark: `OrderedRDDFunctions.repartitionAndSortWithinPartitions`. */
  repartitionAndSortWithinPartitions<K, V>(
    this: PairsFor<Takes<'repartitionAndSortWithinPartitions'>, K, V>,
    parts: Parts,
    compare: Compare<K> = naturalOrder,
  ): RDD<[K, V]> {
    return this.#derived(
      'repartitionAndSortWithinPartitions',
      repartitionAndSort(this.node, this.#given(parts), checkedOrder(compare)),
    )
  }

  /** Pairs whose keys are between both bounds, which count. Spark: `OrderedRDDFunctions.filterByRange`. */
  filterByRange<K, V>(
    this: PairsFor<Takes<'filterByRange'>, K, V>,
    lower: K,
    upper: K,
    compare: Compare<K> = naturalOrder,
  ): RDD<[K, V]> {
    const order = checkedOrder(compare)
    return this.#derived(
      'filterByRange',
      narrowNode<[K, V]>(this.node, {
        kind: 'filter',
        f: ([key]: [K, V]) => order(lower, key) <= 0 && order(key, upper) <= 0,
      }),
    )
  }

  /** Like `sample` with a fraction per key; a key without one is an error. Spark: `PairRDDFunctions.sampleByKey`. */
  sampleByKey<K, V>(
    this: PairsFor<Takes<'sampleByKey'>, K, V>,
    withReplacement: boolean,
    fractions: Fractions<K>,
    seed: number = positionSeed(this.node),
  ): RDD<[K, V]> {
    return this.#derived('sampleByKey', sampleByKey(this.node, withReplacement, fractions, seed))
  }

  /**
   * Exactly `ceil(fraction × count)` pairs of each key. Runs a job that counts the keys. Spark:
   * `PairRDDFunctions.sampleByKeyExact`.
   */
  sampleByKeyExact<K, V>(
    this: PairsFor<Takes<'sampleByKeyExact'>, K, V>,
    withReplacement: boolean,
    fractions: Fractions<K>,
    seed: number = positionSeed(this.node),
  ): RDD<[K, V]> {
    return this.#derived('sampleByKeyExact', sampleByKeyExact(this, withReplacement, fractions, seed))
  }

  #derived<U>(label: string, node: RddNode<U>, ...others: readonly RDD<any>[]): RDD<U> {
    node.label ??= label
    node.place ??= callerPlace()
    return new RDD(this.sparkContext, node, runnerOf(this.sparkContext, [this, ...others]))
  }

  #partitioner(parts: Parts | undefined, ...others: readonly RDD<any>[]): Partitioner {
    if (parts !== undefined) return this.#given(parts)
    const parallelism = readSetting(this.sparkContext.conf, 'spark.default.parallelism')
    return defaultPartitioner(
      [this, ...others].map((rdd) => rdd.node),
      parallelism,
    )
  }

  #given(parts: Parts): Partitioner {
    return partitionerOf(parts, { place: callerPlace() })
  }

  #ownCount(parts: Parts | undefined): Partitioner {
    return parts === undefined ? sameCount(this.node) : this.#given(parts)
  }
}

/**
 * A job over RDDs of several origins runs where the most is known: in the plan of a batch, then where a batch's records
 * were loaded.
 */
function runnerOf(sparkContext: SparkContext, rdds: readonly RDD<any>[]): JobRunner {
  const runners = rdds.map((rdd) => rdd.runner)
  return (
    runners.find((runner) => runner.kind === 'planning') ??
    runners.find((runner) => runner !== sparkContext.runner) ??
    runners[0]
  )
}
