import { type DurationLike, intervalMs, type Time } from '../../model/time.ts'
import type { Delivery, OutputSink } from '../../output/sink.ts'
import type { Partitioner } from '../../shuffle/partitioner.ts'
import { cogroup } from './operators/cogroup.ts'
import { combineByKey } from './operators/combine-by-key.ts'
import { count } from './operators/count.ts'
import { countByValue } from './operators/count-by-value.ts'
import { type CsvOptions, decode, decodeCsv, fields } from './operators/decode.ts'
import { filter } from './operators/filter.ts'
import { flatMap } from './operators/flat-map.ts'
import { flatMapValues } from './operators/flat-map-values.ts'
import { foreachPartition, output, type OutputDefinition } from './operators/for-each-partition.ts'
import { foreachRdd } from './operators/foreach-rdd.ts'
import { glom } from './operators/glom.ts'
import { groupByKey } from './operators/group-by-key.ts'
import { fullOuterJoin, join, leftOuterJoin, rightOuterJoin } from './operators/join.ts'
import { map } from './operators/map.ts'
import { mapAsync, type MapAsyncOptions } from './operators/map-async.ts'
import { mapPartitions } from './operators/map-partitions.ts'
import { mapValues } from './operators/map-values.ts'
import type { MapWithStateDStream } from './operators/map-with-state.ts'
import { partitionBy } from './operators/partition-by.ts'
import { pprint, print } from './operators/print.ts'
import { reduce } from './operators/reduce.ts'
import { reduceByKey } from './operators/reduce-by-key.ts'
import { reduceByKeyAndWindow, type WindowReduceOptions } from './operators/reduce-by-key-and-window.ts'
import { repartition } from './operators/repartition.ts'
import type { Needing, Takes } from '../rdd/takes-pairs.ts'
import { nameIn, type Named } from './named.ts'
import { noHadoopFormats, saveAsObjectFiles, saveAsTextFiles } from './operators/save-as-files.ts'
import type { StateSpec } from './operators/state-spec.ts'
import type { FormerName } from './operators/state-versions.ts'
import { transform } from './operators/transform.ts'
import { union } from './operators/union.ts'
import {
  type Initial,
  type StateUpdate,
  updateStateByKey,
  type UpdateEntries,
  type UpdateOptions,
  type UpdateTimed,
  type UpdateValues,
} from './operators/update-state-forms.ts'
import { window, type WindowOptions } from './operators/window.ts'
import { withFilter, withInverse } from './operators/window-args.ts'
import { countByValueAndWindow, countByWindow, groupByKeyAndWindow, reduceByWindow } from './operators/windows.ts'
import type { OutputOptions } from '../../graph/output-operation.ts'
import type { StandardSchema } from '../../codec/standard-schema.ts'
import type { AsyncCall } from '../../lineage/asynchronous.ts'
import type { RDD } from '../rdd/rdd.ts'
import { needsLevel, StorageLevel } from '../rdd/storage-level.ts'
import type { NewNode } from '../../graph/graph.ts'
import type { StreamNode } from '../../graph/stream-node.ts'
import type { StreamingContext } from './streaming-context.ts'

/** Where Spark takes `numPartitions` or a `Partitioner`. */
export type Parts = number | Partitioner

/** What an operator that shuffles takes last, where Spark has a positional `numPartitions`. */
export interface ShuffleOptions {
  /**
   * Number of partitions of the result, or what decides where a key goes; the default parallelism if it is left out.
   */
  readonly partitions?: Parts
  /** Identity of the operator in state, metrics and errors; derived from its place in the graph when left out. */
  readonly name?: string
}

/** A key with its value. */
type Pair<K, V> = readonly [K, V]
/** A stream of pairs, with what TypeScript is to say of any other. */
type PairsFor<Why extends string, K, V> = DStream<Pair<K, V>> & Needing<Why>

/**
 * A stream of records, cut into one RDD per slide (Spark: `DStream`). Operators only describe; nothing runs before the
 * context starts, and only what leads to an output operation runs at all. Pair operators exist where `T` is a pair.
 */
export class DStream<out T> {
  /** The context that defined the stream. Spark: `DStream.context`. */
  readonly context: StreamingContext
  /** @internal Definition of the stream in the graph; for operators, not for programs. */
  readonly node: StreamNode<T>

  /** @internal Streams are made by sources and operators. */
  constructor(context: StreamingContext, node: StreamNode<T>) {
    this.context = context
    this.node = node
  }

  // — one record at a time

  /**
   * `f` of each record. A pair comes out as a pair: `map((word) => [word, 1])`. Spark: `DStream.map`,
   * `JavaDStream.mapToPair`.
   */
  map<K, V>(f: (record: T) => Pair<K, V>): DStream<[K, V]>
  map<U>(f: (record: T) => U): DStream<U>
  map(f: (record: T) => any): DStream<any> {
    return map(this, f)
  }
  /** Zero or more records for each record. Spark: `DStream.flatMap`. */
  flatMap<K, V>(f: (record: T) => Iterable<Pair<K, V>>): DStream<[K, V]>
  flatMap<U>(f: (record: T) => Iterable<U>): DStream<U>
  flatMap(f: (record: T) => Iterable<any>): DStream<any> {
    return flatMap(this, f)
  }

  /** The records for which `keep` answers something truthy. Spark: `DStream.filter`. */
  filter<U extends T>(keep: (record: T) => record is U): DStream<U>
  filter(keep: (record: T) => unknown): DStream<T>
  filter(keep: (record: T) => unknown): DStream<any> {
    return filter(this, keep)
  }
  /**
   * `f` of each record, which may wait: for a web service, a database. Several records of a partition wait at a time
   * (`concurrency`), results come in the order of the records, and `f` is called once per record and batch, however
   * many outputs use the result; a batch that runs again calls it again. A record that still fails after its `attempts`
   * fails the batch with `E_USER_CODE`, or becomes a dead letter with `onError: 'dead-letter'`. Throws `E_ARGUMENT` and
   * `E_INTERVAL` for options that cannot be. Not in Spark.
   */
  mapAsync<K, V>(
    f: (record: T, call: AsyncCall) => PromiseLike<Pair<K, V>> | Pair<K, V>,
    options?: MapAsyncOptions,
  ): DStream<[K, V]>
  mapAsync<U>(f: (record: T, call: AsyncCall) => PromiseLike<U> | U, options?: MapAsyncOptions): DStream<U>
  mapAsync(f: (record: T, call: AsyncCall) => any, options?: MapAsyncOptions): DStream<any> {
    return mapAsync(this, f, options)
  }
  /** Pairs with `f` of each value and the same key; partitioning is kept. Spark: `PairDStreamFunctions.mapValues`. */
  mapValues<K, V, U>(this: PairsFor<Takes<'mapValues'>, K, V>, f: (value: V) => U): DStream<[K, U]> {
    return mapValues(this, f)
  }
  /**
   * A pair for each of the values that `f` makes of a value; partitioning is kept. Spark:
   * `PairDStreamFunctions.flatMapValues`.
   */
  flatMapValues<K, V, U>(this: PairsFor<Takes<'flatMapValues'>, K, V>, f: (value: V) => Iterable<U>): DStream<[K, U]> {
    return flatMapValues(this, f)
  }

  // — lines

  /**
   * What each line holds as JSON, checked and typed by a schema of any library that keeps to Standard Schema (Zod,
   * Valibot, ArkType); blank lines are left out. A line that is not JSON is `E_RECORD_DECODE`, one that does not fit
   * `E_RECORD_SCHEMA`; with `onError: 'dead-letter'` both are set aside. Not in Spark.
   */
  decode(this: DStream<string>): DStream<unknown>
  decode<U>(this: DStream<string>, schema: StandardSchema<U>): DStream<U>
  decode(this: DStream<string>, schema?: StandardSchema): DStream<any> {
    return decode(this, schema)
  }
  /**
   * Some fields of the JSON object on each line, and nothing of the rest: faster than `JSON.parse` in a `map` where
   * lines look alike, and the same values in every case; a field that a line lacks is `undefined`. Blank lines are left
   * out. A line that is no JSON object is `E_RECORD_DECODE`, wherever in it the mistake is. Throws `E_ARGUMENT` for no
   * names. Not in Spark.
   */
  fields<const Name extends string>(
    this: DStream<string>,
    ...names: readonly Name[]
  ): DStream<{ readonly [name in Name]: unknown }>
  fields<U extends object>(this: DStream<string>, ...names: readonly (keyof U & string)[]): DStream<U>
  fields(this: DStream<string>, ...names: readonly string[]): DStream<any> {
    return fields(this, names)
  }
  /**
   * The cells of each line of CSV, by the names of the columns: strings, or what a `schema` makes of them. Blank lines
   * are left out. Bad lines are errors as with `decode`. Throws `E_ARGUMENT` for names and characters that cannot be.
   * Not in Spark.
   */
  decodeCsv<U>(
    this: DStream<string>,
    columns: readonly string[],
    options: CsvOptions & { readonly schema: StandardSchema<U> },
  ): DStream<U>
  decodeCsv<const Name extends string>(
    this: DStream<string>,
    columns: readonly Name[],
    options?: CsvOptions,
  ): DStream<{ readonly [name in Name]: string }>
  decodeCsv(this: DStream<string>, columns: readonly string[], options: CsvOptions = {}): DStream<any> {
    return decodeCsv(this, columns, options)
  }

  // — one partition or batch at a time

  /** One record per partition: the array of its records. Spark: `DStream.glom`. */
  glom(): DStream<T[]> {
    return glom(this)
  }
  /** `f` over each whole partition. Spark: `DStream.mapPartitions`. */
  mapPartitions<U>(f: (records: IterableIterator<T>) => Iterable<U>, preservePartitioning = false): DStream<U> {
    return mapPartitions(this, f, preservePartitioning)
  }
  /**
   * The same records over `partitions` partitions, through a shuffle. Throws `E_PARTITIONS`. Spark:
   * `DStream.repartition`.
   */
  repartition(partitions: number): DStream<T> {
    return repartition(this, partitions)
  }
  /** One record per batch, none for an empty one. Spark: `DStream.reduce`. */
  reduce(f: (a: T, b: T) => T): DStream<T> {
    return reduce(this, f)
  }
  /** Always one number per batch, 0 for an empty one. Spark: `DStream.count`. */
  count(): DStream<number> {
    return count(this)
  }
  /**
   * Each distinct record of the batch with how often it occurs. Throws `E_KEY` for records that cannot be keys. Spark:
   * `DStream.countByValue`.
   */
  countByValue(parts?: Parts | ShuffleOptions): DStream<[T, number]> {
    return countByValue(this, parts)
  }
  /**
   * The records of both streams. Throws `E_GRAPH` where the two slide differently or belong to different contexts.
   * Spark: `DStream.union`.
   */
  union<U = T>(that: DStream<U>): DStream<T | U> {
    return union<T | U>([this, that])
  }

  /**
   * Any RDD program per batch; it runs where the batch is planned and must not return null. Spark: `DStream.transform`.
   */
  transform<U>(f: (rdd: RDD<T>, time: Time) => RDD<U>): DStream<U> {
    return transform([this], ([rdd], time) => f(rdd as RDD<T>, time), f)
  }
  /** Like `transform`, on the RDDs of this and another stream at the same time. Spark: `DStream.transformWith`. */
  transformWith<U, V>(other: DStream<U>, f: (a: RDD<T>, b: RDD<U>, time: Time) => RDD<V>): DStream<V> {
    return transform([this, other], ([a, b], time) => f(a as RDD<T>, b as RDD<U>, time), f)
  }

  // — by key

  /**
   * All values of each key of a batch, in one array per key. Throws `E_KEY` for keys that cannot be compared by
   * content. Spark: `PairDStreamFunctions.groupByKey`.
   */
  groupByKey<K, V>(this: PairsFor<Takes<'groupByKey'>, K, V>, parts?: Parts | ShuffleOptions): DStream<[K, V[]]> {
    return groupByKey(this, parts)
  }
  /**
   * One value per key and batch: `f` over its values, first within each partition. `f` must be associative and
   * commutative. `words.map((word) => [word, 1]).reduceByKey((a, b) => a + b)` counts words. Throws `E_KEY`. Spark:
   * `PairDStreamFunctions.reduceByKey`.
   */
  reduceByKey<K, V>(
    this: PairsFor<Takes<'reduceByKey'>, K, V>,
    f: (a: V, b: V) => V,
    parts?: Parts | ShuffleOptions,
  ): DStream<[K, V]> {
    return reduceByKey(this, f, parts)
  }
  /**
   * One combined value per key and batch: `create` makes it of the first value of a key in a partition, `mergeValue`
   * takes in another one, `mergeCombiners` joins those of several partitions. Spark:
   * `PairDStreamFunctions.combineByKey`.
   */
  combineByKey<K, V, C>(
    this: PairsFor<Takes<'combineByKey'>, K, V>,
    create: (value: V) => C,
    mergeValue: (combined: C, value: V) => C,
    mergeCombiners: (a: C, b: C) => C,
    parts?: Parts | ShuffleOptions,
    mapSideCombine = true,
  ): DStream<[K, C]> {
    return combineByKey<K, V, C>(
      this,
      'combineByKey',
      { create, merge: mergeValue, mergeCombiners },
      parts,
      mapSideCombine,
    )
  }
  /** The pairs, each in the partition that the partitioner gives its key. Spark: `DStream.partitionBy` of PySpark. */
  partitionBy<K, V>(this: PairsFor<Takes<'partitionBy'>, K, V>, parts: Parts | ShuffleOptions): DStream<[K, V]> {
    return partitionBy(this, parts)
  }
  /** For each key of either stream in the batch, its values here and there. Spark: `PairDStreamFunctions.cogroup`. */
  cogroup<K, V, W>(
    this: PairsFor<Takes<'cogroup'>, K, V>,
    other: DStream<Pair<K, W>>,
    parts?: Parts | ShuffleOptions,
  ): DStream<[K, [V[], W[]]]> {
    return cogroup(this, other, parts)
  }
  /**
   * For each key of both streams in the batch, every pairing of its values. Streams join what belongs to the same batch
   * time; windows reach further. Spark: `PairDStreamFunctions.join`.
   */
  join<K, V, W>(
    this: PairsFor<Takes<'join'>, K, V>,
    other: DStream<Pair<K, W>>,
    parts?: Parts | ShuffleOptions,
  ): DStream<[K, [V, W]]> {
    return join(this, other, parts)
  }
  /** Like `join`, with `undefined` for keys that `other` lacks. Spark: `PairDStreamFunctions.leftOuterJoin`. */
  leftOuterJoin<K, V, W>(
    this: PairsFor<Takes<'leftOuterJoin'>, K, V>,
    other: DStream<Pair<K, W>>,
    parts?: Parts | ShuffleOptions,
  ): DStream<[K, [V, W | undefined]]> {
    return leftOuterJoin(this, other, parts)
  }
  /** Like `join`, with `undefined` for keys that this stream lacks. Spark: `PairDStreamFunctions.rightOuterJoin`. */
  rightOuterJoin<K, V, W>(
    this: PairsFor<Takes<'rightOuterJoin'>, K, V>,
    other: DStream<Pair<K, W>>,
    parts?: Parts | ShuffleOptions,
  ): DStream<[K, [V | undefined, W]]> {
    return rightOuterJoin(this, other, parts)
  }
  /** Like `join`, with `undefined` for the side that lacks the key. Spark: `PairDStreamFunctions.fullOuterJoin`. */
  fullOuterJoin<K, V, W>(
    this: PairsFor<Takes<'fullOuterJoin'>, K, V>,
    other: DStream<Pair<K, W>>,
    parts?: Parts | ShuffleOptions,
  ): DStream<[K, [V | undefined, W | undefined]]> {
    return fullOuterJoin(this, other, parts)
  }

  // — windows: by arrival, lengths in multiples of this stream's slide

  /**
   * The records of the last `length`, every `slide` (one batch if it is left out), by time of arrival. Times are
   * durations or ms, and multiples of this stream's slide; else throws `E_WINDOW`. Spark: `DStream.window`.
   */
  window(length: DurationLike, slide?: DurationLike, options?: WindowOptions): DStream<T> {
    return window(this, length, slide, options)
  }
  /**
   * One record per slide: `f` over the records of the last `length`. With `inverse`, a slide takes out what left the
   * window. Throws `E_WINDOW`. Spark: `DStream.reduceByWindow`.
   */
  reduceByWindow(f: (a: T, b: T) => T, length: DurationLike, slide: DurationLike): DStream<T>
  reduceByWindow(
    f: (a: T, b: T) => T,
    inverse: ((a: T, b: T) => T) | null,
    length: DurationLike,
    slide: DurationLike,
  ): DStream<T>
  reduceByWindow(f: (a: T, b: T) => T, ...rest: any[]): DStream<T> {
    const [inverse, length, slide] = withInverse('reduceByWindow', rest, 3)
    return reduceByWindow(this, f, inverse, length, slide)
  }
  /**
   * How many records came in the last `length`, every `slide`. Nothing before the first record ever, then always a
   * number. Throws `E_WINDOW`. Spark: `DStream.countByWindow`.
   */
  countByWindow(length: DurationLike, slide: DurationLike): DStream<number> {
    return countByWindow(this, length, slide)
  }
  /**
   * Each distinct record of the last `length` with how often it occurs, every `slide`. Throws `E_WINDOW`. Spark:
   * `DStream.countByValueAndWindow`.
   */
  countByValueAndWindow(
    length: DurationLike,
    slide: DurationLike,
    parts?: Parts | ShuffleOptions,
  ): DStream<[T, number]> {
    return countByValueAndWindow(this, length, slide, parts)
  }
  /**
   * All values of each key in the last `length`, every `slide` (one batch if it is left out). Throws `E_WINDOW`. Spark:
   * `PairDStreamFunctions.groupByKeyAndWindow`.
   */
  groupByKeyAndWindow<K, V>(
    this: PairsFor<Takes<'groupByKeyAndWindow'>, K, V>,
    length: DurationLike,
    slide?: DurationLike,
    parts?: Parts | ShuffleOptions,
  ): DStream<[K, V[]]> {
    return groupByKeyAndWindow(this, length, slide, parts)
  }
  /**
   * Without an inverse any window is combined from its panes; with one, a slide undoes what left. Spark:
   * `PairDStreamFunctions.reduceByKeyAndWindow`.
   */
  reduceByKeyAndWindow<K, V>(
    this: PairsFor<Takes<'reduceByKeyAndWindow'>, K, V>,
    f: (a: V, b: V) => V,
    length: DurationLike,
    slide?: DurationLike,
    parts?: Parts | (ShuffleOptions & FormerName),
  ): DStream<[K, V]>
  reduceByKeyAndWindow<K, V>(
    this: PairsFor<Takes<'reduceByKeyAndWindow'>, K, V>,
    f: (a: V, b: V) => V,
    inverse: ((a: V, b: V) => V) | null,
    length: DurationLike,
    slide?: DurationLike,
    parts?: Parts | WindowReduceOptions<K, V>,
    filter?: (pair: [K, V]) => boolean,
  ): DStream<[K, V]>
  reduceByKeyAndWindow(this: DStream<any>, f: (a: any, b: any) => any, ...rest: any[]): DStream<any> {
    const [inverse, length, slide, parts, filter] = withInverse('reduceByKeyAndWindow', rest, 5)
    return reduceByKeyAndWindow(this, f, inverse, length, slide, withFilter(parts, filter))
  }

  // — state

  /**
   * Every key with state or data, every batch; `undefined` removes the key. The state has the type of the values unless
   * the function says otherwise: `updateStateByKey((values, state: Totals | undefined) => …)`. Needs a checkpoint
   * directory in the classic form. Spark: `PairDStreamFunctions.updateStateByKey`.
   */
  updateStateByKey<K, V, S>(
    this: PairsFor<Takes<'updateStateByKey'>, K, V>,
    update: StateUpdate<K, V, S>,
    options?: Parts | UpdateOptions<K, S>,
  ): DStream<[K, S]>
  updateStateByKey<K, V>(
    this: PairsFor<Takes<'updateStateByKey'>, K, V>,
    update: UpdateValues<V, V>,
    parts?: Parts | UpdateOptions<K, V>,
    initial?: Initial<K, V>,
  ): DStream<[K, V]>
  updateStateByKey<K, V, S>(
    this: PairsFor<Takes<'updateStateByKey'>, K, V>,
    update: UpdateValues<V, S>,
    parts?: Parts | UpdateOptions<K, S>,
    initial?: Initial<K, S>,
  ): DStream<[K, S]>
  updateStateByKey<S>(
    this: PairsFor<Takes<'updateStateByKey'>, any, any>,
    update: UpdateValues<any, S>,
    parts?: Parts | UpdateOptions<any, S>,
    initial?: Initial<any, S>,
  ): DStream<[any, S]>
  updateStateByKey<K, V, S>(
    this: PairsFor<Takes<'updateStateByKey'>, K, V>,
    update: UpdateEntries<K, V, S>,
    partitioner: Partitioner,
    rememberPartitioner: boolean,
    initial?: Initial<K, S>,
  ): DStream<[K, S]>
  updateStateByKey<K, V, S>(
    this: PairsFor<Takes<'updateStateByKey'>, K, V>,
    update: UpdateTimed<K, V, S>,
    partitioner: Partitioner,
    rememberPartitioner: boolean,
    initial?: Initial<K, S>,
  ): DStream<[K, S]>
  updateStateByKey(this: DStream<Pair<any, any>>, ...args: any[]): DStream<[any, any]> {
    return updateStateByKey(this, args as never)
  }
  /** Once per record, and once more per key that timed out. Spark: `PairDStreamFunctions.mapWithState`. */
  mapWithState<K, V, S, E>(
    this: PairsFor<Takes<'mapWithState'>, K, V>,
    spec: StateSpec<K, V, S, E>,
  ): MapWithStateDStream<K, V, S, E> {
    return this.context.mapWithState(this, spec)
  }

  // — outputs

  /** Prints the first records of every batch on stdout, as Spark does. Spark: `DStream.print`. */
  print(count = 10, options: Named = {}): void {
    print(this, count, nameIn('print', options))
  }
  /** The same as PySpark does. Spark: `DStream.pprint` of PySpark. */
  pprint(count = 10, options: Named = {}): void {
    pprint(this, count, nameIn('pprint', options))
  }
  /**
   * `f` on the RDD of each batch and its time, once the batch is committed: at least once, with the same records every
   * time. A promise that it returns is waited for. What it throws fails the output, which stays owed. Spark:
   * `DStream.foreachRDD`.
   */
  foreachRDD(f: (rdd: RDD<T>, time: Time) => unknown, options: Named = {}): void {
    foreachRdd(this, f, nameIn('foreachRDD', options))
  }
  /** One call per partition and batch after the commit; at least once, with a stable key. Not in Spark. */
  foreachPartition(f: (records: readonly T[], delivery: Delivery) => void | Promise<void>, options: Named = {}): void {
    foreachPartition(this, f, nameIn('foreachPartition', options))
  }
  /**
   * Each batch as a directory `prefix-<time in ms>[.suffix]` of text files, a line per record. A batch that is shown
   * again replaces its directory. Spark: `DStream.saveAsTextFiles`.
   */
  saveAsTextFiles(prefix: string, suffix = '', options: Named = {}): void {
    saveAsTextFiles(this, prefix, suffix, nameIn('saveAsTextFiles', options))
  }
  /** Like `saveAsTextFiles`, in the binary form that `sc.objectFile` reads. Spark: `DStream.saveAsObjectFiles`. */
  saveAsObjectFiles(prefix: string, suffix = '', options: Named = {}): void {
    saveAsObjectFiles(this, prefix, suffix, nameIn('saveAsObjectFiles', options))
  }
  /**
   * Throws `E_SINK_FORMAT` with what to type: an output format of Hadoop is a class of Java. In its place is
   * `output(name, files(prefix, { format }))`: text, JSON lines, CSV or Parquet. Spark: `saveAsHadoopFiles` of pairs.
   */
  readonly saveAsHadoopFiles: (prefix: string, ...classes: readonly unknown[]) => never = noHadoopFormats
  /** As `saveAsHadoopFiles`. Spark: `saveAsNewAPIHadoopFiles` of pairs. */
  readonly saveAsNewAPIHadoopFiles: (prefix: string, ...classes: readonly unknown[]) => never = noHadoopFormats
  /**
   * Registers an output operation, or sends the records to a sink: `output('pages', sink)` or `output(sink)`. Not in
   * Spark.
   */
  output(sink: OutputSink<T>, options?: OutputOptions): void
  output(name: string, sink: OutputSink<T>, options?: OutputOptions): void
  /** @internal For operators that are outputs. */
  output(definition: OutputDefinition): void
  output(first: string | OutputSink<T> | OutputDefinition, ...rest: any[]): void {
    output(this, first, rest)
  }

  // — keeping

  /**
   * Computes each partition once per batch, however many outputs use it. The level is accepted for compatibility.
   * Spark: `DStream.persist`.
   */
  persist(level: StorageLevel = StorageLevel.MEMORY_ONLY_SER): this {
    needsLevel(level)
    this.context.assertNotStarted('change storage level of a DStream', this.node.place)
    this.node.persisted = true
    return this
  }
  /** `persist` at the default level. Spark: `DStream.cache`. */
  cache(): this {
    return this.persist()
  }
  /**
   * Checkpoint interval: when timeouts are looked at, and how long the stream is remembered. Spark:
   * `DStream.checkpoint`.
   */
  checkpoint(interval: DurationLike): this {
    this.context.setCheckpointInterval(this.node, interval)
    return this
  }
  /** How long past batches of this stream stay available, at least. Spark: `DStream.remember`. */
  remember(duration: DurationLike): this {
    this.context.assertNotStarted('change how long a DStream is remembered', this.node.place)
    this.node.rememberMs = Math.max(this.node.rememberMs ?? 0, intervalMs(duration, 'remember duration'))
    return this
  }
  /**
   * The RDDs of all batches from `from` to `to`, both included, computed again from what the committed batches read.
   * Spark: `DStream.slice`.
   */
  slice(from: Time, to: Time): Promise<RDD<T>[]> {
    return this.context.slice(this, from, to)
  }

  /** @internal A new operator on this stream. Part of the contract with operators, not for programs. */
  derive<U>(definition: NewNode<U>): DStream<U> {
    const where = { parents: [this.node], slideMs: this.node.slideMs }
    return this.streamOf(this.context.graph.add<U, StreamNode['kind']>({ ...where, ...definition }))
  }
  /** @internal */
  streamOf<U>(node: StreamNode<U>): DStream<U> {
    return new DStream<U>(this.context, node)
  }
}
