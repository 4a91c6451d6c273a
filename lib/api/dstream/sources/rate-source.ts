import { shownOr } from '../../../model/settled.ts'
import { SluiceError } from '../../../model/errors.ts'
import { checkOptions, type RulesOf, whole } from '../../../model/options.ts'
import { callerPlace } from '../../../model/place.ts'
import type { Source } from '../../../source/source.ts'

/** A record of `rateStream`. */
export interface RateRecord {
  /** When it is due, in whole ms since the epoch. */
  readonly time: number
  /** 0, 1, 2 … over all batches. */
  readonly value: number
}

/** What `rateStream` takes. */
export interface RateOptions {
  /** Partitions of a batch (default 1). */
  readonly partitions?: number
}

const OPTIONS: RulesOf<RateOptions> = { partitions: whole }

/** Record `value` is due `(value - first) / perSecond` seconds after `since`, for all from `first` on. */
type Schedule = {
  readonly since: number
  readonly first: number
  readonly perSecond: number
}

type Position = Schedule & {
  /** The next value. */
  readonly next: number
}

/** A row of `from` to `to`, without `to`. */
type Split = Schedule & { readonly from: number; readonly to: number }

const CHUNK = 4096

/**
 * So many records a second, from the time zero of the app on. A cut has what became due until its batch time, whatever
 * lay between: nothing depends on when it is asked. Where the program gives another rate than it did, that one holds
 * from the last batch on.
 */
export function rateSource(perSecond: number, options: RateOptions = {}): Source<RateRecord> {
  if (typeof perSecond !== 'number' || !(perSecond > 0 && perSecond <= PER_SECOND_MAX))
    throw badArgument(`rateStream was given ${shownOr(perSecond)} records a second; it takes up to ${PER_SECOND_MAX}.`)
  checkOptions('rateStream', options, OPTIONS)
  const { partitions = 1 } = options
  const source: Source<RateRecord, Position, Split> = {
    name: 'Rate',
    address: `${perSecond} records/s`,
    async cut({ time, zeroTime, committedTime, position, limit }) {
      const { next, ...before } = position ?? { since: zeroTime, first: 0, perSecond, next: 0 }
      const schedule =
        before.perSecond === perSecond ? before : { since: committedTime ?? zeroTime, first: next, perSecond }
      const to = Math.max(next, Math.min(dueBy(schedule, time), next + (limit ?? Infinity)))
      return {
        position: { ...schedule, next: to },
        splits: shared(next, to, partitions).map(([from, end]) => ({ ...schedule, from, to: end })),
        records: to - next,
      }
    },
    read: recordsOf,
  }
  return source
}

const PER_SECOND_MAX = 10_000_000

/** How many values are due at or before `time`. */
const dueBy = ({ since, first, perSecond }: Schedule, time: number): number =>
  first + Math.max(0, Math.floor(((time - since) * perSecond) / 1000))

function shared(from: number, to: number, parts: number): (readonly [from: number, to: number])[] {
  const bound = (i: number): number => from + Math.floor((i * (to - from)) / parts)
  return Array.from({ length: parts }, (_, i) => [bound(i), bound(i + 1)] as const).filter(([a, b]) => b > a)
}

function* recordsOf({ since, first, perSecond, from, to }: Split): Generator<RateRecord[]> {
  for (let at = from; at < to; at += CHUNK)
    yield Array.from({ length: Math.min(CHUNK, to - at) }, (_, i) => ({
      time: since + Math.floor(((at + i - first) * 1000) / perSecond),
      value: at + i,
    }))
}

const badArgument = (message: string): SluiceError =>
  new SluiceError('E_ARGUMENT', message, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: ['ssc.rateStream(10)', 'ssc.rateStream(1000, { partitions: 4 })'],
  })
