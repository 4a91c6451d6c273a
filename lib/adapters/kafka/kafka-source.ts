import type { Cut } from '../../model/manifest.ts'
import { SluiceError } from '../../model/errors.ts'
import type { CutRequest, Source, SourceIo } from '../../source/source.ts'
import { KafkaCluster, onCluster, type Topic, type TopicPartition } from './cluster.ts'
import { badOption, type KafkaConnection, shownAddresses } from './connection-options.ts'
import {
  commitGroupOffsets,
  findTruncated,
  groupOffsets,
  offsetsAt,
  type PartitionEnds,
  type PartitionOffset,
  readEnds,
} from './offsets.ts'
import {
  describe,
  type KafkaOffsets,
  type KafkaPosition,
  newestOf,
  planRanges,
  positionAfter,
  type Progress,
  progressOf,
} from './plan-ranges.ts'
import { type KafkaSplit, readRange, topicReplaced } from './read-range.ts'
import { NotYet, repeatedly } from './service-errors.ts'
import { RecordSizes } from './record-sizes.ts'
import { ByteArrayDeserializer, type Deserializer, type KafkaRecord } from './record.ts'

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

const FETCH_BYTES = 8 * 2 ** 20
const ABSENT_MS = 5_000

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

/** What a batch is made of, as the API that stands on the source needs it. */
interface BatchShape {
  /** The partitions that are read, asked at every batch: several sources may share a topic. */
  readonly mine: (partition: TopicPartition) => boolean
  /** Whether partitions without new records are partitions of the batch as well. */
  readonly keepsEmpty: boolean
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
  const planner = new Planner(cluster, options, committedOnly, sizes, { mine: () => true, keepsEmpty: false, ...shape })
  const source: Source<KafkaRecord<K, V>, KafkaPosition, KafkaSplit> = {
    name: 'Kafka direct stream',
    identity: identityOf(options.topics),
    address: `${identityOf(options.topics).replace('kafka:', '')} at ${shownAddresses(options)}`,
    cut: (request) => planner.cut(request),
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

function checkOptions({ topics, groupId, commitOffsets }: KafkaOptions<unknown, unknown>): void {
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

class Planner {
  readonly #cluster: KafkaCluster
  readonly #options: KafkaOptions<any, any>
  readonly #committedOnly: boolean
  readonly #sizes: RecordSizes
  readonly #shape: BatchShape

  constructor(
    cluster: KafkaCluster,
    options: KafkaOptions<any, any>,
    committedOnly: boolean,
    sizes: RecordSizes,
    shape: BatchShape,
  ) {
    this.#sizes = sizes
    this.#shape = shape
    this.#cluster = cluster
    this.#options = options
    this.#committedOnly = committedOnly
  }

  async cut(request: CutRequest<KafkaPosition>): Promise<Cut<KafkaPosition, KafkaSplit>> {
    const before = request.position
    const topics = await this.#topics()
    for (const { name, id } of topics) if (before?.[name] && before[name].id !== id) throw topicReplaced(name)
    const ends = await readEnds(this.#cluster, this.#wanted(topics).filter(this.#shape.mine), this.#committedOnly)
    await this.#refuseTruncated(before ?? {})
    const starts = before ? await this.#startsOfNew(ends, before) : await this.#starts(ends, request.startedAt)
    const partitions = ends.map((each): Progress => {
      const known = before?.[each.topic]?.next[each.partition]
      const next = known?.[0] ?? starts.get(nameOf(each)) ?? each.first
      // Brokers do not show an end that is behind the one they showed before, whoever leads.
      if (next > each.highWatermark) throw known ? cutOff(each, next, each.highWatermark) : beyondEnd(each, next)
      return { ...each, next: next >= each.first ? next : this.#gap(each, next, request.io) }
    })
    const ranges = planRanges(partitions, {
      total: request.limit,
      maxRate: rateOf(this.#options.maxRatePerPartition, 0),
      minRate: rateOf(this.#options.minRatePerPartition, 1),
      seconds: request.intervalMs / 1000,
    })
    const ids = new Map(topics.map(({ name, id }) => [name, id]))
    return {
      position: positionAfter(before ?? {}, topics, partitions, ranges),
      splits: ranges
        .filter(({ from, until }) => until > from || this.#shape.keepsEmpty)
        .map((range): KafkaSplit => {
          const bytes = this.#sizes.bytesOf(range)
          return { ...range, id: ids.get(range.topic)!, ...(bytes === undefined ? {} : { bytes }) }
        }),
      // Markers, aborted records and compaction leave offsets without a record: only reading counts.
      records: null,
      description: describe(ranges, partitions),
      newest: newestOf(partitions),
    }
  }

  /** A broker that has just started does not know of all topics yet, nor one of those just made. */
  async #topics(): Promise<Topic[]> {
    const { topics } = this.#options
    if (topics instanceof RegExp) {
      const whole = new RegExp(`^(?:${topics.source})$`, topics.flags.replace(/[gy]/g, ''))
      const all = await onCluster(this.#cluster, `${this.#cluster.place} gave no topics`, () =>
        this.#cluster.topics(null),
      )
      return all.filter(({ name }) => whole.test(name)).sort(byName)
    }
    const names = [...new Set([topics].flat().map((each) => (typeof each === 'string' ? each : each.topic)))]
    let absent: string[] = []
    const what = `${this.#cluster.place} gave no topics`
    const retryMs = Math.min(ABSENT_MS, this.#cluster.patience(what).retryMs)
    try {
      return await repeatedly({ what, retryMs }, async () => {
        absent = []
        const found = await onCluster(this.#cluster, what, () => this.#cluster.topics(names))
        absent = names.filter((name) => !found.some((topic) => topic.name === name))
        if (absent.length > 0) throw new NotYet(what)
        return found.sort(byName)
      })
    } catch (error) {
      throw absent.length > 0 ? noTopic(absent) : error
    }
  }

  #wanted(topics: readonly Topic[]): TopicPartition[] {
    const { topics: asked } = this.#options
    const all = topics.flatMap(({ name, partitions }) => partitions.map((_, partition) => ({ topic: name, partition })))
    if (typeof asked === 'string' || asked instanceof RegExp || asked.some((each) => typeof each === 'string'))
      return all
    const chosen = new Set((asked as readonly TopicPartition[]).map(nameOf))
    const found = all.filter((each) => chosen.has(nameOf(each)))
    if (found.length < chosen.size) {
      const known = new Set(found.map(nameOf))
      throw noTopic([...chosen].filter((each) => !known.has(each)).map((each) => `partition ${each}`))
    }
    return found
  }

  /** Where a first start begins: offsets as given, else those of the group, else as `startingOffsets` says. */
  async #starts(ends: readonly PartitionEnds[], startedAt: number | undefined): Promise<Map<string, number>> {
    const { from = [], groupId, startingOffsets = 'latest' } = this.#options
    const starts = new Map(from.map((each) => [nameOf(each), each.offset]))
    const open = (): PartitionEnds[] => ends.filter((each) => !starts.has(nameOf(each)))
    if (groupId && open().length > 0)
      for (const each of await groupOffsets(this.#cluster, groupId, open())) starts.set(nameOf(each), each.offset)
    if (open().length === 0) return starts
    if (startingOffsets === 'none') throw noOffsets(open())
    if (startingOffsets === 'earliest') for (const each of open()) starts.set(nameOf(each), each.first)
    // Not the ends of now: the first batch comes an interval after the start.
    else if (startedAt !== undefined)
      for (const each of await offsetsAt(this.#cluster, open(), startedAt)) starts.set(nameOf(each), each.offset)
    else for (const each of open()) starts.set(nameOf(each), each.end)
    return starts
  }

  /** Partitions that are new to a running stream are read whole, or from where others of their group have come. */
  async #startsOfNew(ends: readonly PartitionEnds[], before: KafkaPosition): Promise<Map<string, number>> {
    const { groupId, commitOffsets } = this.#options
    const fresh = ends.filter(({ topic, partition }) => before[topic]?.next[partition] === undefined)
    if (!groupId || !commitOffsets || fresh.length === 0) return new Map()
    const found = await groupOffsets(this.#cluster, groupId, fresh)
    return new Map(found.map((each) => [nameOf(each), each.offset]))
  }

  async #refuseTruncated(before: KafkaPosition): Promise<void> {
    const read = Object.entries(before).flatMap(([topic, { next }]) =>
      Object.entries(next).map(([partition, [offset, epoch]]) => ({
        topic,
        partition: Number(partition),
        offset,
        epoch,
      })),
    )
    const [cut] = await findTruncated(this.#cluster, read)
    if (cut) throw cutOff(cut, cut.offset, cut.end)
  }

  /** Where to go on when records before `first` are gone that nobody has read. */
  #gap({ topic, partition, first }: PartitionEnds, next: number, io: SourceIo): number {
    if (this.#options.onGap === 'skip') {
      const message = `${topic}, partition ${partition}: records from offset ${next} up to ${first} are gone unread`
      io.log.event({ type: 'kafka-records-gone', level: 'warn', message, topic, partition, from: next, until: first })
      return first
    }
    throw new SluiceError(
      'E_KAFKA_RECORDS_GONE',
      `${topic}, partition ${partition} begins at offset ${first}; the records from ${next} on are gone unread.`,
      {
        where: { detail: topic, partition, offset: next },
        did: 'no batch was made',
        next: ["onGap: 'skip' goes on with what is there", 'keep records longer: retention.ms, retention.bytes'],
        spark: 'OffsetOutOfRangeException',
      },
    )
  }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`
const byName = (a: Topic, b: Topic): number => (a.name < b.name ? -1 : 1)

const rateOf =
  (rate: KafkaOptions['maxRatePerPartition'], fallback: number): ((partition: TopicPartition) => number) =>
  (partition) =>
    typeof rate === 'function' ? rate(partition) : (rate ?? fallback)

const cutOff = ({ topic, partition }: TopicPartition, read: number, end: number): SluiceError =>
  new SluiceError(
    'E_KAFKA_RECORDS_GONE',
    `${topic}, partition ${partition} was cut off at offset ${end}, and batches had read up to ${read}: ` +
      'a broker became leader that did not have all records.',
    {
      where: { detail: topic, partition, offset: end },
      did: 'no batch was made',
      next: [
        'decide what the records that are counted but no longer there mean for you',
        'then drop the position of the source: --drop-state <uid>',
        'unclean.leader.election.enable=false on the brokers keeps this from happening',
      ],
    },
  )

const beyondEnd = ({ topic, partition, highWatermark }: PartitionEnds, next: number): SluiceError =>
  new SluiceError(
    'E_KAFKA_OPTION',
    `The stream is to begin at offset ${next} of ${topic}, partition ${partition}, which ends at ${highWatermark}.`,
    {
      where: { detail: topic, partition, offset: next },
      did: 'no batch was made',
      next: ['correct `from`, or what the group has committed', "startingOffsets: 'latest' begins at the end"],
      spark: 'OffsetOutOfRangeException',
    },
  )

const noTopic = (absent: readonly string[]): SluiceError =>
  new SluiceError('E_KAFKA_TOPIC', `The cluster has no ${absent.join(', ')}.`, {
    did: 'no batch was made',
    next: ['create it', 'correct `topics`'],
    retry: true,
    spark: 'UnknownTopicOrPartitionException',
  })

const noOffsets = (open: readonly TopicPartition[]): SluiceError =>
  new SluiceError('E_KAFKA_OPTION', `There are no offsets to begin with for ${open.map(nameOf).join(', ')}.`, {
    did: 'no batch was made',
    next: ["startingOffsets: 'earliest' or 'latest'", 'give `from`'],
    spark: 'NoOffsetForPartitionException',
  })
