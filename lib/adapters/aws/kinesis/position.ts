import { SluiceError } from '../../../model/errors.ts'
import type { SourceProgress } from '../../../model/source-progress.ts'

/**
 * Where a batch goes on in a stream, and what a task reads of it. A shard's children begin when the batch that read its
 * last record is committed, those of two parents when both are read: by that, records of one key stay in their order
 * over splits and merges. All of it is plain data.
 */
export type Position = {
  /** The stream's ARN and time of creation: one of the same name that was created later is another stream. */
  readonly stream: string
  readonly created: number
  readonly open: { readonly [shard: string]: From }
  /** Shards that wait for their parents. */
  readonly waiting: { readonly [shard: string]: readonly string[] }
  /** Shards read to their end whose children still wait for another one. */
  readonly done: readonly string[]
}

/** From where on a shard is read; from its oldest record if nothing is said. */
export type From = {
  /** After this record. */
  readonly seq?: string
  /** Of the records packed into that one, only so many were read. */
  readonly sub?: number
  /** When Kinesis had taken that record. */
  readonly arrived?: number
  /** Not what arrived before this time. */
  readonly time?: number
  /** Everything that had arrived by this time was read, ms since the epoch. */
  readonly tip?: number
  /** Bytes a second that lately arrived there, as what was read of it shows. */
  readonly rate?: number
}

export type ShardSplit = {
  readonly shard: string
  readonly from: From
  /** Records to read at most. */
  readonly most: number
  /** About how many bytes there are to read; left out where nothing tells. */
  readonly bytes?: number
  readonly end?: ShardEnd
}

export type ShardEnd = {
  readonly records: number
  /** The last record, if there was one. */
  readonly seq?: string
  readonly sub?: number
  readonly arrived?: number
  readonly tip?: number
  /** Of all records; versions before did not count them. */
  readonly bytes?: number
  /** How much older than the shard's newest record the last page was, as Kinesis says (`MillisBehindLatest`). */
  readonly behindMs?: number
  /** The shard has no more: these go on in its place. */
  readonly children?: readonly Child[]
}

export type Child = {
  readonly shard: string
  readonly parents: readonly string[]
}

/** The position in a stream of which nothing was read, that has these shards. */
export function firstPosition(
  { stream, created }: Pick<Position, 'stream' | 'created'>,
  shards: readonly Child[],
  from: From,
): Position {
  const known = new Set(shards.map(({ shard }) => shard))
  const open: Record<string, From> = {}
  const waiting: Record<string, readonly string[]> = {}
  for (const { shard, parents } of shards) {
    const left = parents.filter((parent) => known.has(parent))
    if (left.length === 0) open[shard] = from
    else waiting[shard] = left
  }
  return { stream, created, open, waiting, done: [] }
}

/** The position after a batch that read these splits. */
export function nextPosition(before: Position, splits: readonly ShardSplit[]): Position {
  const open: Record<string, From> = { ...before.open }
  const waiting: Record<string, readonly string[]> = { ...before.waiting }
  const done = new Set(before.done)
  for (const { shard, from, end } of splits) {
    if (!end) throw new SluiceError('E_SOURCE_END', `Shard ${shard} was read to no end.`, { where: { detail: shard } })
    open[shard] = after(from, end)
    if (!end.children) continue
    delete open[shard]
    done.add(shard)
    for (const child of end.children) waiting[child.shard] ??= child.parents
  }
  for (const [child, parents] of Object.entries(waiting)) {
    if (!parents.every((parent) => done.has(parent))) continue
    delete waiting[child]
    open[child] = {}
  }
  const parents = new Set(Object.values(waiting).flat())
  return { ...before, open, waiting, done: [...done].filter((shard) => parents.has(shard)) }
}

function after(from: From, end: ShardEnd): From {
  const { seq, sub, arrived, tip } = end
  const rate = rateAfter(from, end)
  const learned = { ...(tip === undefined ? {} : { tip }), ...(rate === undefined ? {} : { rate }) }
  if (seq === undefined) return { ...from, ...learned }
  return { seq, ...(sub === undefined ? {} : { sub }), ...(arrived === undefined ? {} : { arrived }), ...learned }
}

/** Up to when what arrived was read. */
const readUpTo = ({ tip, arrived, time }: From): number | undefined => tip ?? arrived ?? time

/** Rises at once and falls by half a batch at most, so that one quiet batch does not hide what is usual. */
function rateAfter(from: From, { bytes, tip, arrived }: ShardEnd): number | undefined {
  const since = readUpTo(from)
  const until = readUpTo({ ...(tip === undefined ? {} : { tip }), ...(arrived === undefined ? {} : { arrived }) })
  if (bytes === undefined || since === undefined || until === undefined) return from.rate
  const measured = bytes / (Math.max(SPAN_MS_MIN, until - since) / 1000)
  return Math.round(Math.max(measured, (from.rate ?? 0) / 2))
}

/** Over less than this nothing can be told of a rate. */
const SPAN_MS_MIN = 1000
/** More is not taken by a shard. */
const SHARD_BYTES_PER_SECOND = 2 ** 20
/** A shard has to be asked, whatever it has. */
const ASKED_BYTES = 1024

/**
 * About how many bytes a shard has behind `from`: as many a second as lately, or as a shard takes at most. `undefined`
 * for one that is read from its oldest record on.
 */
export function bytesBehind(from: From, now: number): number | undefined {
  const since = readUpTo(from)
  if (since === undefined) return undefined
  const rate = Math.min(from.rate ?? SHARD_BYTES_PER_SECOND, SHARD_BYTES_PER_SECOND)
  return ASKED_BYTES + Math.round((rate * Math.max(0, now - since)) / 1000)
}

/** Nothing is left: neither behind the limit of the batch, among records of the same moment, nor in children. */
const isExhausted = ({ most, end }: ShardSplit): boolean => end!.records < most && end!.children === undefined

/** How far a batch that read these splits has come. Kinesis says how old what it gave is, not how much is left. */
export function progressOf(position: Position, given: readonly ShardSplit[]): SourceProgress {
  const splits = given.filter(({ end }) => end !== undefined)
  const committed = Object.fromEntries(
    Object.entries(position.open).map(([shard, { seq, sub }]) => [
      shard,
      seq === undefined ? null : sub === undefined ? seq : `${seq}:${sub}`,
    ]),
  )
  const known = splits.flatMap(({ end }) => end?.behindMs ?? [])
  const lagMs = known.length === 0 ? null : known.reduce((most, each) => Math.max(most, each), 0)
  const isAtTip = lagMs === 0 && known.length === splits.length && splits.every(isExhausted)
  return { committed, newest: null, lagRecords: isAtTip ? 0 : null, lagMs }
}

/** Parents that nobody will ever read, as far as the position knows: they are looked for in the stream's own list. */
export function unknownParents({ open, waiting, done }: Position): string[] {
  const known = new Set([...Object.keys(open), ...Object.keys(waiting), ...done])
  return [...new Set(Object.values(waiting).flat())].filter((parent) => !known.has(parent))
}

/** The position where parents that the stream no longer has are not waited for. */
export function withoutParents(position: Position, gone: ReadonlySet<string>): Position {
  const waiting = Object.fromEntries(
    Object.entries(position.waiting).map(([child, parents]) => [child, parents.filter((each) => !gone.has(each))]),
  )
  return nextPosition({ ...position, waiting }, [])
}

/** Clocks that differ by more have their requests refused by AWS, so ours is never further off. */
const SKEW_MS = 5 * 60_000
/**
 * A shard that has been silent for longer is not read from its last record on: that would page through all the silence.
 */
const SILENCE_MS = 30 * 60_000

/** Where Kinesis is asked to begin. Records up to `from.seq` may come again; the reader leaves them out. */
export type Beginning =
  | { readonly kind: 'oldest' }
  | { readonly kind: 'record'; readonly seq: string }
  | { readonly kind: 'time'; readonly time: number }

export function beginningOf({ seq, arrived, time, tip }: From): Beginning {
  const isSilent = tip !== undefined && tip - (seq === undefined ? -Infinity : (arrived ?? -Infinity)) > SILENCE_MS
  if (isSilent) return { kind: 'time', time: Math.max(time ?? 0, tip - SKEW_MS) }
  if (seq !== undefined) return { kind: 'record', seq }
  return time === undefined ? { kind: 'oldest' } : { kind: 'time', time }
}
