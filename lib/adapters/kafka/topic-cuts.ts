import type { Cut } from '../../model/manifest.ts'
import { SluiceError } from '../../model/errors.ts'
import type { CutRequest, SourceIo } from '../../source/source.ts'
import { type KafkaCluster, onCluster, type Topic, type TopicPartition } from './cluster.ts'
import type { KafkaOptions } from './kafka-source.ts'
import { findTruncated, groupOffsets, offsetsAt, type PartitionEnds, readEnds } from './offsets.ts'
import { describe, type KafkaPosition, newestOf, planRanges, positionAfter, type Progress } from './plan-ranges.ts'
import { type KafkaSplit, topicReplaced } from './read-range.ts'
import type { RecordSizes } from './record-sizes.ts'
import { NotYet, repeatedly } from './service-errors.ts'

/** How long a topic may be unknown to a cluster that has just made it. */
const ABSENT_MS = 5_000

/** What a batch is made of, as the API that stands on the source needs it. */
export interface BatchShape {
  /** The partitions that are read, asked at every batch: several sources may share a topic. */
  readonly mine: (partition: TopicPartition) => boolean
  /** Whether partitions without new records are partitions of the batch as well. */
  readonly keepsEmpty: boolean
}

/** What each batch takes of topics: which partitions, from where, and up to where. */
export class TopicCuts {
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
