import { arnOf } from '../../../model/aws-right.ts'
import { SluiceError } from '../../../model/errors.ts'
import { anything, checkOptions, oneOf, type Rule, type RulesOf } from '../../../model/options.ts'
import type { CutRequest, Source, SourceIo } from '../../../source/source.ts'
import { KINESIS_PLACE, type Kinesis, kinesisClient, type KinesisPlace, once } from '../clients.ts'
import type { KinesisRecord } from './kinesis-record.ts'
import { KinesisStream, type StreamFacts } from './kinesis-stream.ts'
import { PagesAhead } from './pages-ahead.ts'
import {
  bytesBehind,
  firstPosition,
  type From,
  nextPosition,
  type Position,
  progressOf,
  type ShardSplit,
  unknownParents,
  withoutParents,
} from './position.ts'
import { type GapPolicy, readShard } from './read-shard.ts'

/** Where the first batch ever begins: later ones go on from where the last committed one ended. */
export type KinesisStart = 'TRIM_HORIZON' | 'LATEST' | { readonly timestamp: Date | number }

/** Which stream is read, from where on, and how much of it in one batch. */
export interface KinesisOptions extends KinesisPlace {
  /** Its name. */
  readonly stream: string
  /** Default `'LATEST'`, as in Spark: what arrives after the program was started for the first time. */
  readonly start?: KinesisStart
  /** Records of one shard in one batch at most; default 10,000. */
  readonly maxPerShard?: number
  /**
   * When records were not read before the stream's retention had passed: `'block'` (default) fails the batch with
   * `E_SOURCE_GAP`, `'skip'` goes on with the oldest that are there and says so in the log.
   */
  readonly onGap?: GapPolicy
}

const START: Rule = {
  words: "'TRIM_HORIZON', 'LATEST' or { timestamp }",
  holds: (value) =>
    value === 'TRIM_HORIZON' ||
    value === 'LATEST' ||
    Number.isFinite(Number((value as { timestamp?: unknown })?.timestamp)),
}
const OPTIONS: RulesOf<KinesisOptions> = {
  ...KINESIS_PLACE,
  stream: anything,
  start: START,
  maxPerShard: anything,
  onGap: oneOf('block', 'skip'),
}

const READING = [
  'kinesis:DescribeStreamSummary',
  'kinesis:ListShards',
  'kinesis:GetShardIterator',
  'kinesis:GetRecords',
]

const MOST_PER_SHARD = 10_000

/**
 * The records of a Kinesis stream, each once, those of a partition key in their order, over splits and merges of shards
 * as well. Packages of the Kinesis Producer Library are unpacked. A batch holds what each shard has when it is read, up
 * to `maxPerShard` and the program's rate limit. Needs `@aws-sdk/client-kinesis`, and the right to call
 * `DescribeStreamSummary`, `ListShards`, `GetShardIterator` and `GetRecords`. Throws `E_SOURCE_GAP`, `E_SOURCE_RANGE`,
 * `E_SOURCE_REPLACED` while it reads.
 */
export function kinesis(options: KinesisOptions, connect?: () => Promise<Kinesis>): Source<KinesisRecord> {
  checkOptions('kinesis', options, OPTIONS)
  const { stream: name, start = 'LATEST', maxPerShard = MOST_PER_SHARD, onGap = 'block', ...place } = options
  if (!Number.isSafeInteger(maxPerShard) || maxPerShard < 1) throw badLimit(maxPerShard)
  const client = once(() => connect?.() ?? kinesisClient(place))
  const stream = new KinesisStream(name, client)
  const pages = new PagesAhead(stream)
  let facts: Promise<StreamFacts> | null = null

  const positionAt = async ({ position, startedAt, io }: CutRequest<Position>): Promise<Position> => {
    // Once in the life of a process: who reads on in a stream that was replaced meanwhile is refused by its iterators.
    const known = await (facts ??= forgettingFailures(stream.facts(io), () => (facts = null)))
    if (position === null) {
      const from = fromOf(start, startedAt ?? io.clock.now())
      return firstPosition(known, await stream.shards(io, from), from)
    }
    if (position.stream !== known.stream || position.created !== known.created) throw replaced(position, known)
    return settled(stream, position, io)
  }

  const source: Source<KinesisRecord, Position, ShardSplit> = {
    name: 'Kinesis stream',
    identity: `kinesis:${name}`,
    address: name,
    awsRights: [{ actions: READING, resource: arnOf('kinesis', name, 'stream/', place.region) }],
    discovers: true,
    ready: client,
    async cut(request) {
      const position = await positionAt(request)
      const shards = Object.entries(position.open)
      const most = request.limit === null ? maxPerShard : Math.floor(request.limit / Math.max(1, shards.length))
      const now = request.io.clock.now()
      const splits = shards.map(([shard, from]): ShardSplit => {
        const bytes = bytesBehind(from, now)
        return { shard, from, most: clamp(most, maxPerShard), ...(bytes === undefined ? {} : { bytes }) }
      })
      return {
        position,
        splits,
        records: null,
        description: `${name}: ${shards.map(([shard]) => shard).join(', ')}`,
      }
    },
    read: (split, io, ended = () => {}) => readShard({ stream, pages, onGap }, split, io, ended),
    ahead: (splits, io) => pages.begin(splits, io),
    sealed: nextPosition,
    weight: ({ bytes }) => bytes ?? null,
    progress: ({ position, splits }) => progressOf(position, splits),
  }
  return source
}

const clamp = (most: number, max: number): number => Math.max(1, Math.min(most, max))

/** `LATEST` is fixed as a time: what arrives between two readings is part of it. */
function fromOf(start: KinesisStart, now: number): From {
  if (start === 'TRIM_HORIZON') return {}
  if (start === 'LATEST') return { time: now }
  return { time: Number(start.timestamp) }
}

/** Nobody waits for a parent that was gone before anybody knew of it. */
async function settled(stream: KinesisStream, position: Position, io: SourceIo): Promise<Position> {
  const unknown = unknownParents(position)
  if (unknown.length === 0) return position
  const listed = new Set((await stream.shards(io)).map(({ shard }) => shard))
  return withoutParents(position, new Set(unknown.filter((shard) => !listed.has(shard))))
}

const forgettingFailures = async <T>(value: Promise<T>, forget: () => void): Promise<T> => {
  try {
    return await value
  } catch (error) {
    forget()
    throw error
  }
}

const badLimit = (value: number): SluiceError =>
  new SluiceError('E_LIMIT', `maxPerShard is ${value}; it must be a whole number above 0.`, {
    did: 'nothing was started',
    next: ['leave it out for 10,000'],
  })

const replaced = (before: Position, now: StreamFacts): SluiceError =>
  new SluiceError('E_SOURCE_REPLACED', `The stream ${now.stream} is not the one that was read before.`, {
    where: {
      detail:
        `before: ${before.stream}, created ${new Date(before.created).toISOString()}; ` +
        `now created ${new Date(now.created).toISOString()}`,
    },
    did: 'nothing was read',
    next: ['start with another directory or app name to read the new stream from its beginning'],
  })
