import type { TopicPartition } from '../../adapters/kafka/cluster.ts'
import type { KafkaRange } from '../../adapters/kafka/record.ts'
import { SluiceError } from '../../model/errors.ts'
import type { RDD } from '../rdd/rdd.ts'

/** Records `[fromOffset, untilOffset)` of a partition (Spark: `OffsetRange`). */
export class OffsetRange implements TopicPartition {
  /** Name of the topic. */
  readonly topic: string
  /** Number of the partition, from 0. */
  readonly partition: number
  /** Offset of the first record. */
  readonly fromOffset: number
  /** Offset behind the last record. */
  readonly untilOffset: number

  /** A range as it stands. */
  constructor(topic: string, partition: number, fromOffset: number, untilOffset: number) {
    this.topic = topic
    this.partition = partition
    this.fromOffset = fromOffset
    this.untilOffset = untilOffset
  }

  /** The same without `new` (Spark: `OffsetRange.create`). */
  static create(topic: string, partition: number, fromOffset: number, untilOffset: number): OffsetRange {
    return new OffsetRange(topic, partition, fromOffset, untilOffset)
  }

  /** Offsets in the range; fewer records where compaction or transactions left gaps. */
  count(): number {
    return this.untilOffset - this.fromOffset
  }

  /** As Spark prints it. */
  toString(): string {
    return (
      `OffsetRange(topic: '${this.topic}', partition: ${this.partition}, ` +
      `range: [${this.fromOffset} -> ${this.untilOffset}])`
    )
  }
}

/**
 * What the partitions of an RDD were read from, in their order, empty ranges too (Spark:
 * `rdd.asInstanceOf[HasOffsetRanges].offsetRanges`). Only for the RDD that `transform` or `foreachRDD` hands out on the
 * Kafka stream itself, and for that of `createRDD`: after any other operator partitions are no longer ranges. Throws
 * `E_KAFKA_RANGES`.
 */
export function offsetRanges(rdd: RDD<any>): OffsetRange[] {
  const splits = (rdd.node.splits ?? [null]) as unknown as readonly Partial<KafkaRange>[]
  if (!splits.every(isRange)) {
    throw new SluiceError('E_KAFKA_RANGES', 'This RDD does not come straight from a Kafka stream.', {
      did: 'nothing was read or committed',
      next: ['call offsetRanges first, in transform or foreachRDD on the Kafka stream itself'],
      spark: 'ClassCastException',
    })
  }
  return splits.map(({ topic, partition, from, until }) => new OffsetRange(topic, partition, from, until))
}

function isRange(split: Partial<KafkaRange> | null): split is KafkaRange {
  const { topic, from, until } = split ?? {}
  return typeof topic === 'string' && typeof from === 'number' && typeof until === 'number'
}
