import type { TopicPartition } from '../../adapters/kafka/cluster.ts'
import type { KafkaOptions } from '../../adapters/kafka/kafka-source.ts'
import type { PartitionOffset } from '../../adapters/kafka/offsets.ts'
import type { KafkaParams } from './kafka-params.ts'

/**
 * Where Spark reads a partition: accepted, and without effect, as tasks here have no hosts of their own (Spark:
 * `LocationStrategies`).
 */
export interface LocationStrategy {
  /** Which one it was. */
  readonly location: 'consistent' | 'brokers' | 'fixed'
}

/** The strategies under Spark's names; each is accepted, none has an effect (Spark: `LocationStrategies`). */
export const LocationStrategies = {
  PreferConsistent: { location: 'consistent' } as LocationStrategy,
  PreferBrokers: { location: 'brokers' } as LocationStrategy,
  PreferFixed: (_hosts?: unknown): LocationStrategy => ({ location: 'fixed' }),
}

/** Offsets to begin with: a list, or by `topic-partition` as Spark's maps are printed. */
export type StartingOffsets = readonly PartitionOffset[]

/** What a direct stream reads (Spark: `ConsumerStrategy`). */
export interface ConsumerStrategy<K, V> {
  /** Topics, a pattern of their names, or partitions. */
  readonly topics: KafkaOptions['topics']
  /** Kafka's settings. */
  readonly params: KafkaParams<K, V>
  /** Where a first start begins, in the partitions that are named. */
  readonly offsets: StartingOffsets
}

/** Which topics, with which settings, from which offsets on at a first start (Spark: `ConsumerStrategies`). */
export const ConsumerStrategies = {
  /** Topics by name; partitions that are added later are read as well. */
  Subscribe: <K = Uint8Array, V = Uint8Array>(
    topics: Iterable<string>,
    params: KafkaParams<K, V>,
    offsets: StartingOffsets = [],
  ): ConsumerStrategy<K, V> => ({ topics: [...topics], params, offsets }),
  /** Every topic whose whole name matches, also those that are made later. */
  SubscribePattern: <K = Uint8Array, V = Uint8Array>(
    pattern: RegExp | string,
    params: KafkaParams<K, V>,
    offsets: StartingOffsets = [],
  ): ConsumerStrategy<K, V> => ({ topics: new RegExp(pattern), params, offsets }),
  /** These partitions and no others. */
  Assign: <K = Uint8Array, V = Uint8Array>(
    partitions: Iterable<TopicPartition>,
    params: KafkaParams<K, V>,
    offsets: StartingOffsets = [],
  ): ConsumerStrategy<K, V> => ({ topics: [...partitions], params, offsets }),
}
