import type { SourceProgress } from '../../model/source-progress.ts'
import type { Topic, TopicPartition } from './cluster.ts'
import type { PartitionEnds } from './offsets.ts'
import type { KafkaRange } from './record.ts'

/** Where a stream stands: by topic, the id of the topic, and by partition the next offset and the leader epoch then. */
export interface KafkaPosition {
  readonly [topic: string]: {
    readonly id: string
    readonly next: { readonly [partition: string]: readonly [offset: number, epoch: number] }
  }
}

/** A partition as it is now, and where the stream goes on in it. */
export interface Progress extends PartitionEnds {
  readonly next: number
}

export interface RateLimits {
  /** Records of all partitions together; `null`: no limit. */
  readonly total: number | null
  /** Records a second of one partition; 0: no limit. */
  readonly maxRate: (partition: TopicPartition) => number
  /** Taken from each partition that has some, whatever the limits say. */
  readonly minRate: (partition: TopicPartition) => number
  readonly seconds: number
}

/**
 * What a batch reads of each partition. A limit for all is shared out by lag (Spark: `latestLeaderOffsets` with
 * backpressure), and a partition's own limit caps its share.
 */
export function planRanges(partitions: readonly Progress[], limits: RateLimits): KafkaRange[] {
  const lagOf = ({ next, end }: Progress): number => Math.max(0, end - next)
  const totalLag = partitions.reduce((sum, each) => sum + lagOf(each), 0)
  return partitions.map((each) => {
    const lag = lagOf(each)
    const shares = [
      ...(limits.total === null || totalLag === 0 ? [] : [(lag / totalLag) * limits.total]),
      ...(limits.maxRate(each) > 0 ? [limits.maxRate(each) * limits.seconds] : []),
    ]
    const least = Math.max(1, limits.minRate(each) * limits.seconds)
    const count = shares.length === 0 ? lag : Math.min(lag, Math.max(least, Math.floor(Math.min(...shares))))
    const from = each.next
    return { topic: each.topic, partition: each.partition, from, until: from + Math.floor(count) }
  })
}

/** The position behind some ranges. What `before` knows of partitions that were not asked about stays. */
export function positionAfter(
  before: KafkaPosition,
  topics: readonly Topic[],
  partitions: readonly Progress[],
  ranges: readonly KafkaRange[],
): KafkaPosition {
  const after: Record<string, { id: string; next: Record<string, readonly [number, number]> }> = {}
  for (const [topic, { id, next }] of Object.entries(before)) after[topic] = { id, next: { ...next } }
  for (const { name, id } of topics) after[name] ??= { id, next: {} }
  partitions.forEach(({ topic, partition, epoch }, i) => {
    after[topic]!.next[partition] = [ranges[i]!.until, epoch]
  })
  return after
}

/** Offsets by topic and partition. */
export interface KafkaOffsets {
  readonly [topic: string]: { readonly [partition: string]: number }
}

/** Behind the last replicated record of each partition, committed or not. */
export function newestOf(partitions: readonly PartitionEnds[]): KafkaOffsets {
  const newest: Record<string, Record<string, number>> = {}
  for (const { topic, partition, highWatermark } of partitions) (newest[topic] ??= {})[partition] = highWatermark
  return newest
}

/** Offsets count markers and what compaction took as well, so the lag is at most so many records. */
export function progressOf(position: KafkaPosition, newest: KafkaOffsets | undefined): SourceProgress {
  const committed: KafkaOffsets = Object.fromEntries(
    Object.entries(position).map(([topic, { next }]) => [
      topic,
      Object.fromEntries(Object.entries(next).map(([partition, [offset]]) => [partition, offset])),
    ]),
  )
  const lags = Object.entries(newest ?? {}).flatMap(([topic, ends]) =>
    Object.entries(ends).map(([partition, end]) => Math.max(0, end - (committed[topic]?.[partition] ?? 0))),
  )
  const lagRecords = newest === undefined ? null : lags.reduce((sum, lag) => sum + lag, 0)
  return { committed, newest: newest ?? null, lagRecords, lagMs: lagRecords === 0 ? 0 : null }
}

const SHOWN_MAX = 50

/** As Spark's page of a batch shows it: largest range first, empty ones left out, and what is still to come. */
export function describe(ranges: readonly KafkaRange[], partitions: readonly Progress[]): string {
  const count = ({ from, until }: KafkaRange): number => until - from
  const lines = ranges
    .filter((range) => count(range) > 0)
    .sort((a, b) => count(b) - count(a))
    .map(
      (range) =>
        `topic: ${range.topic}\tpartition: ${range.partition}\toffsets: ${range.from} to ${range.until}\t` +
        `count: ${count(range)}`,
    )
  const shown = lines.slice(0, SHOWN_MAX)
  if (lines.length > shown.length) shown.push(`and ${lines.length - shown.length} more`)
  const behind = partitions.reduce(
    (sum, { highWatermark }, i) => sum + Math.max(0, highWatermark - ranges[i]!.until),
    0,
  )
  const held = partitions.reduce((sum, { highWatermark, end }) => sum + highWatermark - end, 0)
  if (behind > 0)
    shown.push(`behind: ${behind} offsets${held > 0 ? `, ${held} of them held back by open transactions` : ''}`)
  return shown.join('\n')
}
