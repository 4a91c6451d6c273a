import { SluiceError } from '../../model/errors.ts'
import { type KafkaCluster, onCluster } from './cluster.ts'
import { dataBatches, type FetchedPartition, lastOffset, timestampOf } from './committed-records.ts'
import { type Deserializer, type KafkaRange, type KafkaRecord, keepsNoBytes } from './record.ts'
import type { RecordSizes } from './record-sizes.ts'
import { NotYet, says } from './service-errors.ts'

/** A range in the topic that it was planned in. */
export type KafkaSplit = KafkaRange & {
  readonly id: string
  /** About how many bytes it has; left out where the process that planned it had read nothing of the topic. */
  readonly bytes?: number
}

interface ReadOptions<K, V> {
  readonly committedOnly: boolean
  readonly fetchBytes: number
  /** Told of every answer. Left out where nobody asks. */
  readonly sizes?: RecordSizes
  readonly key: Deserializer<K>
  readonly value: Deserializer<V>
}

/**
 * The records of a range, a chunk for each answer of the broker, the next one under way meanwhile. Offsets without a
 * record (markers, aborted transactions, compaction) are passed over: where to go on comes from the batches, never
 * from counting. Throws `E_KAFKA_RECORDS_GONE`, `E_KAFKA_TOPIC` and what the cluster throws.
 */
export async function* readRange<K, V>(
  cluster: KafkaCluster,
  split: KafkaSplit,
  options: ReadOptions<K, V>,
): AsyncGenerator<readonly KafkaRecord<K, V>[]> {
  let next = split.from
  // Behind the last record nothing can be asked for: a broker has no answer to give before there is one.
  if (next >= split.until) return
  let answer = fetchFrom(cluster, split, next, options)
  while (next < split.until) {
    const partition = await answer
    const batches = partition.records!
    options.sizes?.saw(split.topic, partition)
    next = Math.max(next, Number(lastOffset(batches.at(-1)!)) + 1)
    if (next < split.until) {
      answer = fetchFrom(cluster, split, next, options)
      answer.catch(() => {})
    }
    const records = recordsOf(partition, split, options)
    if (records.length > 0) yield records
  }
}

/** The batches from an offset on. An answer without any is asked for again: everything up to `until` was there once. */
function fetchFrom(
  cluster: KafkaCluster,
  split: KafkaSplit,
  offset: number,
  { committedOnly, fetchBytes }: Pick<ReadOptions<unknown, unknown>, 'committedOnly' | 'fetchBytes'>,
): Promise<FetchedPartition> {
  const { topic, partition } = split
  return onCluster(
    cluster,
    `${topic}, partition ${partition} could not be read from ${cluster.place}`,
    async (fresh) => {
      const { fetchV13 } = await cluster.kafka()
      const { id, address } = await cluster.leader(split, fresh)
      if (id !== split.id) throw topicReplaced(topic)
      const wanted = {
        partition,
        currentLeaderEpoch: -1,
        fetchOffset: BigInt(offset),
        lastFetchedEpoch: -1,
        partitionMaxBytes: fetchBytes,
      }
      const asked = [{ topicId: id, partitions: [wanted] }]
      try {
        const api = fetchV13.api
        // No session: every answer then names every partition, and calls may run side by side.
        const answer = await cluster.call(address, api, 500, 1, fetchBytes, committedOnly ? 1 : 0, 0, -1, asked, [], '')
        const found = answer.responses[0]?.partitions[0]
        if (!found?.records?.length) throw new NotYet(`nothing is there from offset ${offset} on yet`)
        return found
      } catch (error) {
        if (!says(error, 'OFFSET_OUT_OF_RANGE')) throw error
        throw recordsGone(split, offset, error)
      }
    },
  )
}

function recordsOf<K, V>(
  partition: FetchedPartition,
  { topic, partition: number, from, until }: KafkaSplit,
  { committedOnly, key, value }: ReadOptions<K, V>,
): KafkaRecord<K, V>[] {
  const records: KafkaRecord<K, V>[] = []
  const [keyBytes, valueBytes] = [bytesFor(key), bytesFor(value)]
  for (const batch of dataBatches(partition, committedOnly)) {
    const first = Number(batch.firstOffset)
    for (const record of batch.records) {
      const offset = first + record.offsetDelta
      if (offset < from || offset >= until) continue
      records.push({
        topic,
        partition: number,
        offset,
        timestamp: timestampOf(batch, record),
        key: record.key === null ? null : key(keyBytes(record.key), topic),
        value: record.value === null ? null : value(valueBytes(record.value), topic),
        headers: record.headers.map(([name, data]) => ({
          key: name?.toString('utf8') ?? '',
          value: data === null ? null : own(data),
        })),
      })
    }
  }
  return records
}

const bytesFor = (deserializer: Deserializer<unknown>): ((bytes: Buffer) => Uint8Array) =>
  keepsNoBytes(deserializer) ? (bytes) => bytes : own

/** Bytes of their own: a view would keep the whole answer in memory as long as the record. */
const own = (bytes: Buffer): Uint8Array => new Uint8Array(bytes)

export const topicReplaced = (topic: string): SluiceError =>
  new SluiceError('E_KAFKA_TOPIC', `${topic} was deleted and made anew: its offsets are those of another topic.`, {
    where: { detail: topic },
    did: 'no batch was made',
    next: ['give the source a new name, so that it begins anew', 'or drop its position: --drop-state <uid>'],
  })

const recordsGone = ({ topic, partition, until }: KafkaRange, offset: number, cause: unknown): SluiceError =>
  new SluiceError(
    'E_KAFKA_RECORDS_GONE',
    `${topic}, partition ${partition} no longer has the records from offset ${offset} up to ${until}.`,
    {
      where: { detail: topic, partition, offset },
      did: 'the batch was not completed',
      next: ['keep records longer: retention.ms, retention.bytes', "onGap: 'skip' goes on with what is there"],
      cause,
    },
  )
