import { hasCode, SluiceError } from '../../../model/errors.ts'
import type { Ended, SourceIo } from '../../../source/source.ts'
import { unpacked } from './aggregated.ts'
import type { KinesisRecord } from './kinesis-record.ts'
import type { KinesisStream, Page } from './kinesis-stream.ts'
import type { FirstPage, PagesAhead } from './pages-ahead.ts'
import { type Beginning, beginningOf, type Child, type From, type ShardEnd, type ShardSplit } from './position.ts'
import { isCalled } from '../service-error.ts'

/** What becomes of records that are gone before they were read. */
export type GapPolicy = 'block' | 'skip'

/** A stream keeps records at least this long, so that nothing can be gone before. */
const RETENTION_MS_MIN = 24 * 3_600_000
/** So many pages a batch, where a shard has long stretches without records. */
const PAGES_MAX = 200

/** A stream, pages of it that were asked for before, and what to do where some of it is gone. */
interface ReadStream {
  readonly stream: KinesisStream
  readonly pages: PagesAhead
  readonly onGap: GapPolicy
}

/** The records of one shard: up to where the split ends, or as far as there are any and the split may go. */
export async function* readShard(
  { stream, pages, onGap }: ReadStream,
  given: ShardSplit,
  io: SourceIo,
  ended: Ended<ShardSplit>,
): AsyncGenerator<readonly KinesisRecord[], void> {
  const split = given.end || !(await isGap(stream, given, onGap, io)) ? given : { ...given, from: {} }
  const reading = new ShardReading(stream, split, pages.take(split), io)
  if (split.end?.records === 0) return ended(split)
  for (let read = 1; ; read++) {
    const { taken, end } = await reading.next()
    if (taken.length > 0) yield taken
    if (end) return ended({ ...split, end })
    if (read === PAGES_MAX && !split.end) return ended({ ...split, end: reading.end() })
  }
}

class ShardReading {
  readonly #stream: KinesisStream
  readonly #split: ShardSplit
  readonly #io: SourceIo
  #first: Promise<FirstPage> | null
  #iterator: string | null = null
  #records = 0
  #bytes = 0
  #last: KinesisRecord | null = null
  #tip: number | undefined
  #behindMs: number | undefined
  /** Where the next page begins; `#sub` records of the first one were read before. */
  #from: Beginning
  #sub: number | undefined

  constructor(stream: KinesisStream, split: ShardSplit, first: Promise<FirstPage> | null, io: SourceIo) {
    this.#stream = stream
    this.#split = split
    this.#first = first
    this.#io = io
    this.#from = beginningOf(split.from)
    this.#sub = split.from.sub
  }

  /** The records of the next page that belong to the split, and its end if this is it. */
  async next(): Promise<{ readonly taken: readonly KinesisRecord[]; readonly end: ShardEnd | null }> {
    const { shard, most, end: sealed } = this.#split
    const wanted = (sealed?.records ?? most) - this.#records
    const { asked, page } = (await this.#firstPage()) ?? (await this.#page(wanted))
    const found = page.records
      .flatMap(({ Data, PartitionKey, SequenceNumber, ApproximateArrivalTimestamp }) =>
        unpacked({
          data: Data!,
          partitionKey: PartitionKey!,
          sequenceNumber: SequenceNumber!,
          approximateArrivalTimestamp: ApproximateArrivalTimestamp!.getTime(),
          shard,
        }),
      )
      .filter((record) => isAfter(record, this.#split.from))
    const taken = found.slice(0, wanted)
    this.#behindMs = page.behindMs
    this.#records += taken.length
    for (const { data } of taken) this.#bytes += data.byteLength
    this.#last = taken.at(-1) ?? this.#last
    if (sealed)
      return { taken, end: this.#records < sealed.records ? this.#needMore(page, sealed) : this.#same(sealed) }
    if (taken.length < found.length) return { taken, end: this.end(found[taken.length]) }
    if (page.next === undefined) return { taken, end: { ...this.end(), children: await this.#children(page) } }
    this.#tip = asked - page.behindMs
    return { taken, end: this.#records >= most || page.behindMs === 0 ? this.end() : null }
  }

  /** What was read so far. `following`: the record that was left for later. */
  end(following?: KinesisRecord): ShardEnd {
    const last = this.#last
    const isWithin = following !== undefined && following.sequenceNumber === last?.sequenceNumber
    return {
      records: this.#records,
      bytes: this.#bytes,
      ...(last ? { seq: last.sequenceNumber, arrived: last.approximateArrivalTimestamp } : {}),
      ...(isWithin ? { sub: following.subSequenceNumber } : {}),
      ...(this.#tip === undefined || following ? {} : { tip: this.#tip }),
      ...(this.#behindMs === undefined ? {} : { behindMs: this.#behindMs }),
    }
  }

  /** Where the first page was asked for beforehand. */
  async #firstPage(): Promise<FirstPage | null> {
    const first = this.#first
    this.#first = null
    return first && this.#after(await first)
  }

  async #page(limit: number): Promise<FirstPage> {
    for (let again = false; ; again = true) {
      const asked = this.#io.clock.now()
      this.#iterator ??= await this.#stream.iterator(this.#split.shard, this.#from, this.#sub === undefined, this.#io)
      try {
        return this.#after({ asked, page: await this.#stream.page(this.#iterator, limit, this.#io) })
      } catch (error) {
        if (again || !isCalled(error, 'ExpiredIteratorException')) throw error
        this.#iterator = null
      }
    }
  }

  /** The next page begins behind this one. */
  #after(found: FirstPage): FirstPage {
    const { next, records } = found.page
    this.#iterator = next ?? null
    const last = records.at(-1)
    if (last) {
      this.#from = { kind: 'record', seq: last.SequenceNumber! }
      this.#sub = undefined
    }
    return found
  }

  #needMore(page: Page, sealed: ShardEnd): null {
    if (page.next === undefined) throw this.#another(sealed)
    return null
  }

  /** The same number of records and the same last one are the same records: a shard is never written but at its end. */
  #same(sealed: ShardEnd): ShardEnd {
    if (this.#last?.sequenceNumber !== sealed.seq) throw this.#another(sealed)
    return sealed
  }

  #another({ records, seq }: ShardEnd): SluiceError {
    const { shard } = this.#split
    return new SluiceError('E_SOURCE_RANGE', `Shard ${shard} of ${this.#stream.name} gave other records than before.`, {
      where: {
        detail:
          `${records} records up to ${seq} were read at first, now ${this.#records} ` +
          `up to ${this.#last?.sequenceNumber ?? 'none'}`,
      },
      did: 'nothing of this attempt was used',
      next: ['look whether the retention of the stream has passed'],
    })
  }

  /**
   * Who goes on in the place of a shard that has ended. Servers other than Amazon's may not say it with the records.
   */
  async #children(page: Page): Promise<readonly Child[]> {
    const { shard } = this.#split
    if (page.children.length > 0) return page.children
    const listed = (await this.#stream.shards(this.#io)).filter(({ parents }) => parents.includes(shard))
    if (listed.length > 0) return listed
    throw new SluiceError('E_SOURCE', `Shard ${shard} of ${this.#stream.name} has ended, and none goes on for it.`, {
      did: 'the batch did not commit; it is read again',
      retry: true,
      next: ['look whether the stream is being deleted'],
    })
  }
}

function isAfter(
  { sequenceNumber, subSequenceNumber, approximateArrivalTimestamp }: KinesisRecord,
  from: From,
): boolean {
  const { seq, sub, time } = from
  if (seq === undefined) return time === undefined || approximateArrivalTimestamp >= time
  if (sequenceNumber === seq) return sub !== undefined && subSequenceNumber >= sub
  return BigInt(sequenceNumber) > BigInt(seq)
}

/**
 * Whether records may be gone, and may be left out: gone only if the stream's retention has passed since everything was
 * read, and the last record that was read is no longer there either. Throws `E_SOURCE_GAP` where they may not be left
 * out.
 */
async function isGap(
  stream: KinesisStream,
  { shard, from }: ShardSplit,
  onGap: GapPolicy,
  io: SourceIo,
): Promise<boolean> {
  const { seq, arrived, tip } = from
  const known = Math.max(tip ?? 0, arrived ?? 0)
  const now = io.clock.now()
  if (known === 0 || now - known < RETENTION_MS_MIN) return false
  const { retentionMs } = await stream.facts(io)
  if (now - known < retentionMs) return false
  const isThere = seq !== undefined && (await firstAt(stream, shard, { kind: 'record', seq }, io)) === seq
  if (isThere) return false
  const next = await firstAt(stream, shard, { kind: 'oldest' }, io)
  const about = `Records of shard ${shard} of ${stream.name} may be gone before they were read`
  const bounds =
    `after ${seq ?? 'the beginning'}, read up to ${new Date(known).toISOString()}; ` +
    `the oldest record there is now ${next ?? 'none'}`
  if (onGap === 'skip') {
    const source = `kinesis:${stream.name}`
    io.log.event({ type: 'source', level: 'warn', source, message: `${about}: ${bounds}` })
    return true
  }
  throw new SluiceError('E_SOURCE_GAP', `${about}.`, {
    where: { detail: bounds },
    did: 'nothing was read; the batch did not commit',
    next: [`kinesis({ stream: '${stream.name}', onGap: 'skip' })     to go on without them`],
  })
}

/** The sequence number of the first record there, `null` if the first page has none, or the place itself is gone. */
async function firstAt(stream: KinesisStream, shard: string, from: Beginning, io: SourceIo): Promise<string | null> {
  try {
    const page = await stream.page(await stream.iterator(shard, from, false, io), 1, io)
    return page.records[0]?.SequenceNumber ?? null
  } catch (error) {
    if (from.kind === 'record' && hasCode(error, 'E_SOURCE_REPLACED')) return null
    throw error
  }
}
