import { type KafkaCluster, onCluster, type TopicPartition } from './cluster.ts'
import { NotYet, passingCodes } from './service-errors.ts'

/** A place in a partition. */
export interface PartitionOffset extends TopicPartition {
  /** The offset of the next record. */
  readonly offset: number
}

/** Where a partition begins, where readers may go to, and who leads it. */
export interface PartitionEnds extends TopicPartition {
  readonly first: number
  /** Behind the last record that is committed; without `committedOnly`, behind the last that is replicated. */
  readonly end: number
  /** Behind the last replicated record: larger than `end` while a transaction is open. */
  readonly highWatermark: number
  readonly epoch: number
}

const EARLIEST = -2n
const LATEST = -1n
const KEY = ({ topic, partition }: TopicPartition): string => `${topic}\0${partition}`

export async function readEnds(
  cluster: KafkaCluster,
  partitions: readonly TopicPartition[],
  committedOnly: boolean,
): Promise<PartitionEnds[]> {
  const [first, high, stable] = await onCluster(cluster, `${cluster.place} gave no offsets`, async (fresh) => {
    if (fresh) await cluster.onLeaders(partitions, true, async () => [])
    return Promise.all([
      listOffsets(cluster, partitions, EARLIEST, 0),
      listOffsets(cluster, partitions, LATEST, 0),
      committedOnly ? listOffsets(cluster, partitions, LATEST, 1) : null,
    ])
  })
  return partitions.map((each) => {
    const key = KEY(each)
    const { offset: highWatermark, epoch } = high.get(key)!
    const end = stable?.get(key)!.offset ?? highWatermark
    // Asked for one after the other, so the second answer may know of more than the first.
    return { ...each, first: first.get(key)!.offset, end, highWatermark: Math.max(highWatermark, end), epoch }
  })
}

/** The first record of each partition that is not older than `timeMs`; the end where there is none. */
export async function offsetsAt(
  cluster: KafkaCluster,
  partitions: readonly TopicPartition[],
  timeMs: number,
): Promise<PartitionOffset[]> {
  const found = await onCluster(cluster, `${cluster.place} gave no offsets`, async (fresh) => {
    if (fresh) await cluster.onLeaders(partitions, true, async () => [])
    const at = await listOffsets(cluster, partitions, BigInt(timeMs), 0)
    return { at, end: await listOffsets(cluster, partitions, LATEST, 0) }
  })
  return partitions.map((each) => {
    const offset = found.at.get(KEY(each))!.offset
    return { ...each, offset: offset < 0 ? found.end.get(KEY(each))!.offset : offset }
  })
}

async function listOffsets(
  cluster: KafkaCluster,
  partitions: readonly TopicPartition[],
  timestamp: bigint,
  isolation: 0 | 1,
): Promise<Map<string, { readonly offset: number; readonly epoch: number }>> {
  const { listOffsetsV7 } = await cluster.kafka()
  const answers = await cluster.onLeaders(partitions, false, async (address, own) => {
    const topics = byTopic(own, ({ partition }) => ({ partitionIndex: partition, currentLeaderEpoch: -1, timestamp }))
    const answer = await cluster.call(address, listOffsetsV7.api, -1, isolation, topics)
    return answer.topics.flatMap(({ name, partitions: given }) => given.map((each) => ({ topic: name, ...each })))
  })
  return new Map(
    answers.map(({ topic, partitionIndex, offset, leaderEpoch }) => [
      KEY({ topic, partition: partitionIndex }),
      { offset: Number(offset), epoch: leaderEpoch },
    ]),
  )
}

/** The partitions whose log, as of the epoch that was read in, ends before what was read: it has been cut off since. */
export async function findTruncated(
  cluster: KafkaCluster,
  read: readonly (PartitionOffset & { readonly epoch: number })[],
): Promise<(PartitionOffset & { readonly end: number })[]> {
  const known = read.filter(({ epoch }) => epoch >= 0)
  if (known.length === 0) return []
  const { offsetForLeaderEpochV4 } = await cluster.kafka()
  const ends = await onCluster(cluster, `${cluster.place} gave no leader epochs`, (fresh) =>
    cluster.onLeaders(known, fresh, async (address, own) => {
      const topics = byTopic(own, ({ partition, epoch }) => ({
        partitionIndex: partition,
        currentLeaderEpoch: -1,
        leaderEpoch: epoch,
      }))
      const answer = await cluster.call(address, offsetForLeaderEpochV4.api, -1, topics)
      return answer.topics.flatMap(({ topic, partitions }) => partitions.map((each) => ({ topic, ...each })))
    }),
  )
  const endOf = new Map(ends.map((each) => [KEY(each), Number(each.endOffset)]))
  return known.flatMap((each) => {
    const end = endOf.get(KEY(each)) ?? -1
    return end >= 0 && end < each.offset ? [{ ...each, end }] : []
  })
}

/** What a group has committed; partitions without an offset are left out. */
export function groupOffsets(
  cluster: KafkaCluster,
  group: string,
  partitions: readonly TopicPartition[],
): Promise<(PartitionOffset & { readonly metadata: string })[]> {
  return onCluster(cluster, `${cluster.place} gave no offsets of group ${group}`, async () => {
    const { offsetFetchV8 } = await cluster.kafka()
    const topics = byTopic(partitions, ({ partition }) => partition)
    const asked = [
      {
        groupId: group,
        memberEpoch: -1,
        topics: topics.map(({ name, partitions: indexes }) => ({ name, partitionIndexes: indexes })),
      },
    ]
    const answer = await cluster.call(await cluster.coordinator(group), offsetFetchV8.api, asked, true)
    return answer.groups.flatMap((each) => {
      if (passingCodes.has(each.errorCode)) throw new NotYet(`group ${group} is moving`)
      return each.topics.flatMap(({ name, partitions: given }) =>
        given.flatMap(({ partitionIndex, committedOffset, metadata, errorCode }) => {
          if (passingCodes.has(errorCode)) throw new NotYet(`an offset of group ${group} is not settled`)
          if (committedOffset < 0n) return []
          return [{ topic: name, partition: partitionIndex, offset: Number(committedOffset), metadata: metadata ?? '' }]
        }),
      )
    })
  })
}

/** Commits offsets for a group that nobody has joined. */
export async function commitGroupOffsets(
  cluster: KafkaCluster,
  group: string,
  offsets: readonly PartitionOffset[],
): Promise<void> {
  if (offsets.length === 0) return
  await onCluster(cluster, `${cluster.place} took no offsets of group ${group}`, async () => {
    const { offsetCommitV8 } = await cluster.kafka()
    const topics = byTopic(offsets, ({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: '',
    }))
    await cluster.call(await cluster.coordinator(group), offsetCommitV8.api, group, -1, '', null, topics)
  })
}

function byTopic<P extends TopicPartition, E>(
  partitions: readonly P[],
  entry: (each: P) => E,
): { name: string; partitions: E[] }[] {
  const topics = Map.groupBy(partitions, ({ topic }) => topic)
  return [...topics].map(([name, own]) => ({ name, partitions: own.map(entry) }))
}
