import { KafkaCluster, type TopicPartition } from '../../adapters/kafka/cluster.ts'
import { badOption } from '../../adapters/kafka/connection-options.ts'
import { commitOffsetsOf, type KafkaOptions, kafkaSource } from '../../adapters/kafka/kafka-source.ts'
import { readRange } from '../../adapters/kafka/read-range.ts'
import {
  ByteArrayDeserializer,
  type Deserializer,
  type KafkaRecord,
  StringDeserializer,
} from '../../adapters/kafka/record.ts'
import type { RddNode } from '../../lineage/node.ts'
import type { Json } from '../../model/json.ts'
import type { SparkConf } from '../../model/spark-conf.ts'
import { readSetting } from '../../model/settings/read.ts'
import type { Source } from '../../source/source.ts'
import { DStream } from '../dstream/dstream.ts'
import type { StreamingContext } from '../dstream/streaming-context.ts'
import { RDD } from '../rdd/rdd.ts'
import type { SparkContext } from '../rdd/spark-context.ts'
import type { StorageLevel } from '../rdd/storage-level.ts'
import { brokersForZookeeper, type KafkaParams, optionsOf } from './kafka-params.ts'
import type { OffsetRange } from './offset-range.ts'
import type { ConsumerStrategy, LocationStrategy } from './strategies.ts'

/** Limits for each partition, before those of the settings (Spark: `PerPartitionConfig`). */
export interface PerPartitionConfig {
  /** Most records a second; 0: no limit. */
  maxRatePerPartition(partition: TopicPartition): number
  /** Records a second that are taken whatever backpressure says (default 1). */
  minRatePerPartition?(partition: TopicPartition): number
}

/** Called with the offsets and what kept them from being committed, `null` when nothing did. */
export type OffsetCommitCallback = (offsets: readonly OffsetRange[], error: unknown) => void

/** The stream of `createDirectStream` (Spark: `DirectKafkaInputDStream`, an `InputDStream` that `CanCommitOffsets`). */
export class DirectKafkaStream<K, V> extends DStream<KafkaRecord<K, V>> {
  readonly #source: Source<KafkaRecord<K, V>>

  /** Made by `createDirectStream`. */
  constructor(context: StreamingContext, source: Source<KafkaRecord<K, V>>) {
    super(context, context.source(source).node)
    this.#source = source
  }

  /**
   * Commits the ends of ranges to the group, for those who watch it and for a start without a checkpoint. Unlike in
   * Spark, where they wait for the next batch, they are sent at once; await it in `foreachRDD` to be sure. Where it
   * fails the callback is told, or else a warning of the process is emitted; a later commit makes up for it.
   */
  async commitAsync(ranges: readonly OffsetRange[], callback?: OffsetCommitCallback): Promise<void> {
    try {
      const ends = ranges.map(({ topic, partition, untilOffset }) => ({ topic, partition, offset: untilOffset }))
      await commitOffsetsOf(this.#source, ends)
    } catch (error) {
      if (callback) callback(ranges, error)
      else process.emitWarning(error as Error)
      return
    }
    callback?.(ranges, null)
  }
}

/**
 * Records of topics, one partition of the RDD for each partition of a topic, also for those without new records, and
 * without a receiver (Spark: `KafkaUtils.createDirectStream` for Kafka 0.10). On recovery the checkpoint's offsets
 * win; at a first start the given ones, then those of the group, then `auto.offset.reset`.
 * `spark.streaming.kafka.maxRatePerPartition` and `minRatePerPartition` limit a batch. Throws `E_KAFKA_OPTION`; for
 * what batches throw see `kafka`.
 */
export function createDirectStream<K = Uint8Array, V = Uint8Array>(
  ssc: StreamingContext,
  _location: LocationStrategy,
  strategy: ConsumerStrategy<K, V>,
  perPartition?: PerPartitionConfig,
): DirectKafkaStream<K, V> {
  const options = {
    ...optionsOf(strategy.params),
    topics: strategy.topics,
    from: strategy.offsets,
    ...rates(ssc.sparkContext.conf, perPartition),
  }
  // Programs go by the number of a partition: it is the same in every batch, however little has come.
  const source = kafkaSource<K, V>(options, { keepsEmpty: true })
  return new DirectKafkaStream(ssc, source)
}

function rates(
  conf: SparkConf,
  perPartition: PerPartitionConfig | undefined,
): Pick<KafkaOptions, 'maxRatePerPartition' | 'minRatePerPartition'> {
  const max = readSetting(conf, 'spark.streaming.kafka.maxRatePerPartition')
  const min = readSetting(conf, 'spark.streaming.kafka.minRatePerPartition')
  return {
    maxRatePerPartition: perPartition ? (each) => perPartition.maxRatePerPartition(each) : max,
    minRatePerPartition: perPartition?.minRatePerPartition ? (each) => perPartition.minRatePerPartition!(each) : min,
  }
}

/**
 * The records of some ranges, read now (Spark: `KafkaUtils.createRDD`). A promise, because reading takes calls to the
 * brokers; actions on the RDD are at hand then, and its partitions are the ranges.
 */
export async function createRDD<K = Uint8Array, V = Uint8Array>(
  sc: SparkContext,
  params: KafkaParams<K, V>,
  ranges: readonly OffsetRange[],
  _location?: LocationStrategy,
): Promise<RDD<KafkaRecord<K, V>>> {
  const options = optionsOf(params)
  const cluster = new KafkaCluster(options)
  try {
    const partitions: KafkaRecord<K, V>[][] = []
    const splits: Json[] = []
    for (const { topic, partition, fromOffset: from, untilOffset: until } of ranges) {
      const { id } = await cluster.leader({ topic, partition }, true)
      splits.push({ topic, partition, from, until, id })
      const records: KafkaRecord<K, V>[] = []
      for await (const chunk of readRange(cluster, { topic, partition, from, until, id }, readOptions(options)))
        for (const record of chunk) records.push(record)
      partitions.push(records)
    }
    const node: RddNode<KafkaRecord<K, V>> = {
      kind: 'kafka',
      partitions: partitions.length,
      partitioner: null,
      dependencies: [],
      splits,
      compute: (split, _task, sink) => sink.chunk(partitions[split]),
    }
    return new RDD(sc, node, sc.runner)
  } finally {
    await cluster.close()
  }
}

const readOptions = <K, V>({ isolation, fetchBytes, key, value }: Omit<KafkaOptions<K, V>, 'topics'>) => ({
  committedOnly: isolation !== 'read_uncommitted',
  fetchBytes: fetchBytes ?? 8 * 2 ** 20,
  key: key ?? (ByteArrayDeserializer as Deserializer<unknown> as Deserializer<K>),
  value: value ?? (ByteArrayDeserializer as Deserializer<unknown> as Deserializer<V>),
})

/** Topics with the number of threads that read them in Spark. It has no effect: every partition is read on its own. */
export type TopicThreads = Readonly<Record<string, number>>

type Pairs = DStream<readonly [string | null, string | null]>

/**
 * Keys and values as text, from where the group is (Spark: `KafkaUtils.createStream` for Kafka 0.8). Offsets are
 * committed to the group after the outputs of a batch; recovery goes by the checkpoint. Streams of one program with the
 * same group share the partitions of a topic, as receivers do. In place of ZooKeeper stand the brokers.
 */
export function createStream(
  ssc: StreamingContext,
  brokers: string,
  groupId: string,
  topics: TopicThreads,
  level?: StorageLevel,
): Pairs
export function createStream(
  ssc: StreamingContext,
  params: KafkaParams<any, any>,
  topics: TopicThreads,
  level?: StorageLevel,
): Pairs
export function createStream(
  ssc: StreamingContext,
  first: string | KafkaParams<any, any>,
  second: string | TopicThreads,
  third?: TopicThreads | StorageLevel,
): Pairs {
  const params =
    typeof first === 'string'
      ? { 'bootstrap.servers': brokersForZookeeper(first), 'group.id': second as string }
      : first
  const topics = Object.keys((typeof first === 'string' ? third : second) as TopicThreads)
  const options = optionsOf<string, string>(params as KafkaParams<string, string>)
  if (!options.groupId) throw badOption('createStream needs a group.', "'group.id': 'my-group'")
  const members = membersOf(ssc, `${options.groupId}\0${options.brokers}`)
  const own = members.length
  members.push(new Set(topics))
  const source = kafkaSource<string, string>(
    {
      ...options,
      topics,
      commitOffsets: true,
      key: options.key ?? StringDeserializer,
      value: options.value ?? StringDeserializer,
      ...rates(ssc.sparkContext.conf, undefined),
    },
    {
      mine: ({ topic, partition }) => {
        const sharing = members.flatMap((each, member) => (each.has(topic) ? [member] : []))
        return sharing[partition % sharing.length] === own
      },
    },
  )
  return ssc.source(source).map(({ key, value }): [string | null, string | null] => [key, value])
}

/** The streams of one group in one program, each with its topics. */
const groups = new WeakMap<StreamingContext, Map<string, Set<string>[]>>()

function membersOf(ssc: StreamingContext, group: string): Set<string>[] {
  const own = groups.get(ssc) ?? new Map<string, Set<string>[]>()
  groups.set(ssc, own)
  const members = own.get(group) ?? []
  own.set(group, members)
  return members
}

/** Under the name that Spark's programs import. */
export const KafkaUtils = { createDirectStream, createRDD, createStream }
