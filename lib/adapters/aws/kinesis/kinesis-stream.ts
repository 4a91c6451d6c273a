import type { GetRecordsOutput, Shard, ShardFilter, ShardIteratorType } from '@aws-sdk/client-kinesis'
import { messageOf, SluiceError } from '../../../model/errors.ts'
import type { SourceIo } from '../../../source/source.ts'
import { madeUntil } from '../bounded.ts'
import type { Kinesis } from '../clients.ts'
import { isCalled, isRefusal } from '../service-error.ts'
import type { Beginning, Child, From, Position } from './position.ts'

export interface StreamFacts extends Pick<Position, 'stream' | 'created'> {
  readonly retentionMs: number
}

/** A page of a shard. `next`: none if the shard has no more. */
export interface Page {
  readonly records: NonNullable<GetRecordsOutput['Records']>
  readonly next: string | undefined
  /** How far behind the newest record this page was. */
  readonly behindMs: number
  readonly children: readonly Child[]
}

const ATTEMPTS = 8
/** A request that was refused once or twice for its rate is nothing to hear of. */
const WARN_FROM = 4
const DELAY_MS = 100
const DELAY_MS_MAX = 5000

/**
 * The calls that reading a stream takes. Each is repeated where it was throttled, not answered, or the service failed;
 * what it refused is thrown as it is.
 */
export class KinesisStream {
  readonly name: string
  readonly #kinesis: () => Promise<Kinesis>

  constructor(name: string, client: () => Promise<Kinesis>) {
    this.name = name
    this.#kinesis = client
  }

  async facts(io: SourceIo): Promise<StreamFacts> {
    const { client, sdk } = await this.#asked(io)
    const command = new sdk.DescribeStreamSummaryCommand({ StreamName: this.name })
    const { StreamDescriptionSummary: found } = await this.#ask(io, () => client.send(command))
    return {
      stream: found!.StreamARN!,
      created: found!.StreamCreationTimestamp!.getTime(),
      retentionMs: found!.RetentionPeriodHours! * 3_600_000,
    }
  }

  /** The shards that a reader who begins there has to know. */
  async shards(io: SourceIo, { time }: From = {}): Promise<Child[]> {
    const { client, sdk } = await this.#asked(io)
    const filter: ShardFilter =
      time === undefined ? { Type: 'FROM_TRIM_HORIZON' } : { Type: 'FROM_TIMESTAMP', Timestamp: new Date(time) }
    let shards: Shard[] = []
    for (let next: string | undefined, isFirst = true; isFirst || next; isFirst = false) {
      const command = new sdk.ListShardsCommand(
        next ? { NextToken: next } : { StreamName: this.name, ShardFilter: filter },
      )
      const page = await this.#ask(io, () => client.send(command))
      shards = shards.concat(page.Shards ?? [])
      next = page.NextToken
    }
    return shards.map(({ ShardId: shard, ParentShardId: one, AdjacentParentShardId: other }) => ({
      shard: shard!,
      parents: [one, other].filter((each) => each !== undefined),
    }))
  }

  /** An iterator is good for five minutes. `isWhole`: a record to begin at was read altogether. */
  async iterator(shard: string, from: Beginning, isWhole: boolean, io: SourceIo): Promise<string> {
    const { client, sdk } = await this.#asked(io)
    const command = new sdk.GetShardIteratorCommand({
      StreamName: this.name,
      ShardId: shard,
      ...beginningFor(from, isWhole),
    })
    return (await this.#ask(io, () => client.send(command))).ShardIterator!
  }

  async page(iterator: string, limit: number, io: SourceIo): Promise<Page> {
    const { client, sdk } = await this.#asked(io)
    const command = new sdk.GetRecordsCommand({ ShardIterator: iterator, Limit: Math.max(1, Math.min(limit, 10_000)) })
    const { Records, NextShardIterator, MillisBehindLatest, ChildShards } = await this.#ask(io, () =>
      client.send(command),
    )
    return {
      records: Records ?? [],
      next: NextShardIterator ?? undefined,
      behindMs: MillisBehindLatest ?? 0,
      children: (ChildShards ?? []).map(({ ShardId, ParentShards }) => ({ shard: ShardId!, parents: ParentShards! })),
    }
  }

  async #asked({ signal }: SourceIo): Promise<Kinesis> {
    return madeUntil(await this.#kinesis(), signal)
  }

  async #ask<T>({ clock, random, log, signal }: SourceIo, call: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call()
      } catch (error) {
        if (isRefusal(error) || attempt === ATTEMPTS || signal?.aborted) throw this.#failed(error)
        const delay = Math.min(DELAY_MS_MAX, DELAY_MS * 2 ** attempt) * (0.5 + random.next() / 2)
        if (attempt === WARN_FROM)
          log.event({
            type: 'source',
            level: 'warn',
            source: `kinesis:${this.name}`,
            message: `Kinesis stream ${this.name} was asked ${attempt} times: ${messageOf(error)}`,
          })
        await clock.sleepUntil(clock.now() + delay, signal)
      }
    }
  }

  #failed(error: unknown): unknown {
    if (!isCalled(error, 'ResourceNotFoundException')) return error
    return new SluiceError('E_SOURCE_REPLACED', `Kinesis stream ${this.name}: ${messageOf(error)}`, {
      did: 'nothing was read',
      next: ['check the name of the stream, its region and its account'],
      cause: error,
    })
  }
}

function beginningFor(
  from: Beginning,
  isWhole: boolean,
): { ShardIteratorType: ShardIteratorType; StartingSequenceNumber?: string; Timestamp?: Date } {
  switch (from.kind) {
    case 'oldest':
      return { ShardIteratorType: 'TRIM_HORIZON' }
    case 'time':
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(from.time) }
    case 'record':
      return {
        ShardIteratorType: isWhole ? 'AFTER_SEQUENCE_NUMBER' : 'AT_SEQUENCE_NUMBER',
        StartingSequenceNumber: from.seq,
      }
  }
}
