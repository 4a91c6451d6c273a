import { bound, callable, flag, list, oneOf, type Rule, type RulesOf, text } from '../../model/options.ts'
import type { Source } from '../../source/source.ts'
import { KafkaCluster, type TopicPartition } from './cluster.ts'
import { badOption, checkConnection, type KafkaConnection, shownAddresses } from './connection-options.ts'
import { commitGroupOffsets, type PartitionOffset } from './offsets.ts'
import { type KafkaOffsets, type KafkaPosition, progressOf } from './plan-ranges.ts'
import { type KafkaSplit, readRange } from './read-range.ts'
import { RecordSizes } from './record-sizes.ts'
import { ByteArrayDeserializer, type Deserializer, type KafkaRecord } from './record.ts'
import { type BatchShape, TopicCuts } from './topic-cuts.ts'

/** What to read from Kafka, and how. */
export interface KafkaOptions<K = Uint8Array, V = Uint8Array> extends KafkaConnection {
  /** What is read: one topic, several, all whose whole name matches, or single partitions. */
  readonly topics: string | readonly string[] | RegExp | readonly TopicPartition[]
  /** Whose committed offsets a first start goes on from. Nobody joins the group. */
  readonly groupId?: string
  /**
   * Where a first start without committed offsets begins (default `latest`: what is written from the start on). `none`:
   * it is refused. Partitions that appear later are read from their first record.
   */
  readonly startingOffsets?: 'earliest' | 'latest' | 'none'
  /** Where a first start begins, before anything else, in the partitions that are named. */
  readonly from?: readonly PartitionOffset[]
  /** `read_committed` (default): no aborted transaction, and nothing behind the first open one. */
  readonly isolation?: 'read_committed' | 'read_uncommitted'
  /** Most records a second of a partition; 0 or left out: no limit. */
  readonly maxRatePerPartition?: number | ((partition: TopicPartition) => number)
  /** Records a second that are taken in any case, at least one a batch (default 1). */
  readonly minRatePerPartition?: number | ((partition: TopicPartition) => number)
  /** Commits offsets to `groupId` after the outputs of a batch, for those who watch the group. */
  readonly commitOffsets?: boolean
  /** When records are gone that no batch has read: stop (`fail`, default), or log how many and go on (`skip`). */
  readonly onGap?: 'fail' | 'skip'
  /** Most bytes that are asked for at once (default 8 MiB). */
  readonly fetchBytes?: number
  /** What makes a key of its bytes (default: the bytes). */
  readonly key?: Deserializer<K>
  /** What makes a value of its bytes (default: the bytes). */
  readonly value?: Deserializer<V>
}

const RATE: Rule = {
  words: 'a number of records a second from 0, or a function that gives one',
  holds: (value) => typeof value === 'function' || (typeof value === 'number' && value >= 0),
}
const TOPICS: Rule = {
  words: 'the name of a topic, a list or a pattern',
  holds: (value) => typeof value === 'string' || Array.isArray(value) || value instanceof RegExp,
}
const EXAMPLE = "kafka({ brokers: 'localhost:9092', topics: 'clicks' })"
const OPTIONS: RulesOf<Omit<KafkaOptions<any, any>, keyof KafkaConnection>> = {
  topics: TOPICS,
  groupId: text,
  startingOffsets: oneOf('earliest', 'latest', 'none'),
  from: list,
  isolation: oneOf('read_committed', 'read_uncommitted'),
  maxRatePerPartition: RATE,
  minRatePerPartition: RATE,
  commitOffsets: flag,
  onGap: oneOf('fail', 'skip'),
  fetchBytes: bound,
  key: callable,
  value: callable,
}

const FETCH_BYTES = 8 * 2 ** 20

/** Finds the cluster again that a source reads from. */
const clusters = new WeakMap<object, { readonly cluster: KafkaCluster; readonly groupId: string | undefined }>()

/**
 * Records of topics, read by offset without a consumer group (Spark: the direct stream): a batch's ranges are fixed
 * when it is planned, one partition each, and read again identically. Exactly once into the engine's state and into
 * sinks that are. Needs brokers of Kafka 3.1 or newer and the package `@platformatic/kafka`. Throws `E_KAFKA_OPTION`;
 * cuts and reads throw `E_KAFKA_UNREACHABLE`, `E_KAFKA_REFUSED`, `E_KAFKA_TOPIC`, `E_KAFKA_RECORDS_GONE`,
 * `E_KAFKA_ADDRESS` and `E_KAFKA_PACKAGE`.
 */
export function kafka<K = Uint8Array, V = Uint8Array>(options: KafkaOptions<K, V>): Source<KafkaRecord<K, V>> {
  return kafkaSource(options)
}

/** As `kafka`, in batches of the given shape. */
export function kafkaSource<K, V>(
  options: KafkaOptions<K, V>,
  shape: Partial<BatchShape> = {},
): Source<KafkaRecord<K, V>> {
  checkOptions(options)
  const cluster = new KafkaCluster(options)
  const committedOnly = options.isolation !== 'read_uncommitted'
  const sizes = new RecordSizes()
  const cuts = new TopicCuts(cluster, options, committedOnly, sizes, { mine: () => true, keepsEmpty: false, ...shape })
  const source: Source<KafkaRecord<K, V>, KafkaPosition, KafkaSplit> = {
    name: 'Kafka direct stream',
    identity: identityOf(options.topics),
    address: `${identityOf(options.topics).replace('kafka:', '')} at ${shownAddresses(options)}`,
    cut: (request) => cuts.cut(request),
    read: (split) =>
      readRange(cluster, split, {
        committedOnly,
        fetchBytes: options.fetchBytes ?? FETCH_BYTES,
        sizes,
        key: options.key ?? (ByteArrayDeserializer as Deserializer<unknown> as Deserializer<K>),
        value: options.value ?? (ByteArrayDeserializer as Deserializer<unknown> as Deserializer<V>),
      }),
    // Where nothing was read records may have any size; but an empty range is no reason for a task of its own.
    weight: ({ from, until, bytes }) => (from === until ? 0 : (bytes ?? null)),
    progress: ({ position, newest }) => progressOf(position, newest as KafkaOffsets | undefined),
    ...(options.commitOffsets
      ? {
          committed: (position: KafkaPosition) => commitGroupOffsets(cluster, options.groupId!, offsetsIn(position)),
        }
      : {}),
  }
  clusters.set(source, { cluster, groupId: options.groupId })
  return source
}

/** Commits offsets to the group of a Kafka source. Throws `E_KAFKA_OPTION` where it has none. */
export async function commitOffsetsOf(source: object, offsets: readonly PartitionOffset[]): Promise<void> {
  const known = clusters.get(source)
  if (!known?.groupId) throw badOption('This stream has no group to commit offsets to.', "groupId: 'my-group'")
  await commitGroupOffsets(known.cluster, known.groupId, offsets)
}

const offsetsIn = (position: KafkaPosition): PartitionOffset[] =>
  Object.entries(position).flatMap(([topic, { next }]) =>
    Object.entries(next).map(([partition, [offset]]) => ({ topic, partition: Number(partition), offset })),
  )

function checkOptions(options: KafkaOptions<any, any>): void {
  checkConnection('kafka', options, OPTIONS, { must: ['topics', 'brokers'], example: EXAMPLE })
  const { topics, groupId, commitOffsets } = options
  if (commitOffsets && !groupId) throw badOption('commitOffsets needs a group.', "groupId: 'my-group'")
  if (typeof topics !== 'string' && !(topics instanceof RegExp) && topics.length === 0)
    throw badOption('No topics are given.', "topics: 'my-topic'")
}

/** Other brokers of the same topics are no other source: a cluster's addresses change. */
const identityOf = (topics: KafkaOptions['topics']): string => {
  if (topics instanceof RegExp) return `kafka:${topics}`
  const names = [topics].flat().map((each) => (typeof each === 'string' ? each : `${each.topic}/${each.partition}`))
  return `kafka:${[...new Set(names)].sort().join(',')}`
}
