import { SluiceError } from './errors.ts'
import { callerPlace } from './place.ts'
import { shownOr } from './settled.ts'

/** A span of time in whole milliseconds (Spark's `Duration`). Prints as `1000 ms`. */
export class Duration {
  /** Its length in ms. Spark: `Duration.milliseconds`. */
  readonly milliseconds: number

  /** A span of so many ms. Spark: `Duration`. */
  constructor(milliseconds: number) {
    this.milliseconds = milliseconds
  }

  /** Whether this is shorter than `that`. Spark: `Duration.less`. */
  less(that: Duration): boolean {
    return this.milliseconds < that.milliseconds
  }
  /** Whether this is not longer than `that`. Spark: `Duration.lessEq`. */
  lessEq(that: Duration): boolean {
    return this.milliseconds <= that.milliseconds
  }
  /** Whether this is longer than `that`. Spark: `Duration.greater`. */
  greater(that: Duration): boolean {
    return this.milliseconds > that.milliseconds
  }
  /** Whether this is not shorter than `that`. Spark: `Duration.greaterEq`. */
  greaterEq(that: Duration): boolean {
    return this.milliseconds >= that.milliseconds
  }
  /** Both together. Spark: `Duration.plus`. */
  plus(that: Duration): Duration {
    return new Duration(this.milliseconds + that.milliseconds)
  }
  /** What is left without `that`; may be negative. Spark: `Duration.minus`. */
  minus(that: Duration): Duration {
    return new Duration(this.milliseconds - that.milliseconds)
  }
  /** So many times this. Spark: `Duration.times`. */
  times(factor: number): Duration {
    return new Duration(this.milliseconds * factor)
  }
  /** How many times `that` fits, as a fraction. Spark: `Duration.div`. */
  div(that: Duration): number {
    return this.milliseconds / that.milliseconds
  }
  /** Whether `that` fits a whole number of times. Spark: `Duration.isMultipleOf`. */
  isMultipleOf(that: Duration): boolean {
    return this.milliseconds % that.milliseconds === 0
  }
  /** The shorter of the two. Spark: `Duration.min`. */
  min(that: Duration): Duration {
    return this.less(that) ? this : that
  }
  /** The longer of the two. Spark: `Duration.max`. */
  max(that: Duration): Duration {
    return this.greater(that) ? this : that
  }
  /** Whether it is 0 ms. Spark: `Duration.isZero`. */
  isZero(): boolean {
    return this.milliseconds === 0
  }
  /** Whether `that` is a duration of the same length. Spark: `Duration.equals`. */
  equals(that: unknown): boolean {
    return that instanceof Duration && that.milliseconds === this.milliseconds
  }
  /** `1000 ms`. Spark: `Duration.toString`. */
  toString(): string {
    return `${this.milliseconds} ms`
  }
  /** The ms as a number. Not in Spark. */
  toJSON(): number {
    return this.milliseconds
  }
}

/**
 * A point in time in milliseconds since the epoch (Spark's `Time`): the label of a batch is the end of its interval.
 */
export class Time {
  /** Ms since the epoch. Spark: `Time.milliseconds`. */
  readonly milliseconds: number

  /** The point so many ms after the epoch. Spark: `Time`. */
  constructor(milliseconds: number) {
    this.milliseconds = milliseconds
  }

  /** Whether this is before `that`. Spark: `Time.less`. */
  less(that: Time): boolean {
    return this.milliseconds < that.milliseconds
  }
  /** Whether this is not after `that`. Spark: `Time.lessEq`. */
  lessEq(that: Time): boolean {
    return this.milliseconds <= that.milliseconds
  }
  /** Whether this is after `that`. Spark: `Time.greater`. */
  greater(that: Time): boolean {
    return this.milliseconds > that.milliseconds
  }
  /** Whether this is not before `that`. Spark: `Time.greaterEq`. */
  greaterEq(that: Time): boolean {
    return this.milliseconds >= that.milliseconds
  }
  /** The time that much later. Spark: `Time.plus`. */
  plus(that: Duration): Time {
    return new Time(this.milliseconds + that.milliseconds)
  }
  /** The span since a time, or the time that much earlier. Spark: `Time.minus`. */
  minus(that: Time): Duration
  minus(that: Duration): Time
  minus(that: Time | Duration): Time | Duration {
    const difference = this.milliseconds - that.milliseconds
    return that instanceof Time ? new Duration(difference) : new Time(difference)
  }

  /** The last multiple of `step`, counted from `zero`, that is not after this time. Spark: `Time.floor`. */
  floor(step: Duration, zero: Time = new Time(0)): Time {
    const since = this.milliseconds - zero.milliseconds
    return new Time(Math.floor(since / step.milliseconds) * step.milliseconds + zero.milliseconds)
  }

  /** Whether it lies on the grid of `step` from the epoch. Spark: `Time.isMultipleOf`. */
  isMultipleOf(step: Duration): boolean {
    return this.milliseconds % step.milliseconds === 0
  }
  /** The earlier of the two. Spark: `Time.min`. */
  min(that: Time): Time {
    return this.less(that) ? this : that
  }
  /** The later of the two. Spark: `Time.max`. */
  max(that: Time): Time {
    return this.greater(that) ? this : that
  }
  /** Every `step` from this time, `end` excluded. Spark: `Time.until`. */
  until(end: Time, step: Duration): Time[] {
    return times(this.milliseconds, end.milliseconds - 1, step.milliseconds)
  }
  /** Every `step` from this time, `end` included. Spark: `Time.to`. */
  to(end: Time, step: Duration): Time[] {
    return times(this.milliseconds, end.milliseconds, step.milliseconds)
  }
  /** Whether `that` is the same time. Spark: `Time.equals`. */
  equals(that: unknown): boolean {
    return that instanceof Time && that.milliseconds === this.milliseconds
  }
  /** `1795270636000 ms`. Spark: `Time.toString`. */
  toString(): string {
    return `${this.milliseconds} ms`
  }
  /** The ms as a number. Not in Spark. */
  toJSON(): number {
    return this.milliseconds
  }
}

/** Throws `E_INTERVAL` for a step that leads nowhere. */
function times(first: number, last: number, step: number): Time[] {
  if (!(step > 0)) throw badStep(step)
  const all: Time[] = []
  for (let at = first; at <= last; at += step) all.push(new Time(at))
  return all
}

const badStep = (step: unknown): SluiceError =>
  new SluiceError(
    'E_INTERVAL',
    `A row of times was given ${shownOr(step)} ms for its step, which must be more than 0.`,
    {
      where: { place: callerPlace() },
      did: 'nothing was done',
      spark: 'IllegalArgumentException',
    },
  )

/** Wherever Spark takes a `Duration`, plain milliseconds do as well. */
export type DurationLike = Duration | number

/** `milliseconds(500)`: a span of so many ms. Spark: `Milliseconds`. */
export const milliseconds = (count: number): Duration => new Duration(counted(count, 'milliseconds'))
/** `seconds(10)`: rounded to whole milliseconds. Spark: `Seconds`. */
export const seconds = (count: number): Duration => new Duration(Math.round(counted(count, 'seconds') * 1000))
/** `minutes(5)`: rounded to whole milliseconds. Spark: `Minutes`. */
export const minutes = (count: number): Duration => new Duration(Math.round(counted(count, 'minutes') * 60_000))

/** A text would be added to as a text, and `null` be no time at all. Throws `E_INTERVAL`. */
function counted(count: unknown, unit: string): number {
  if (Number.isFinite(count)) return count as number
  throw new SluiceError('E_INTERVAL', `${unit} was given ${shownOr(count)}, and needs a number.`, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: [`${unit}(10)`],
  })
}

/** The same as `milliseconds`, in Scala's spelling. */
export const Milliseconds = milliseconds
/** The same as `seconds`, in Scala's spelling. */
export const Seconds = seconds
/** The same as `minutes`, in Scala's spelling. */
export const Minutes = minutes
/** The three factories, in Java's spelling: `Durations.seconds(1)`. */
export const Durations = { milliseconds, seconds, minutes } as const

export const LONGEST_MS = 2 ** 31 - 1

/**
 * The checked milliseconds of a batch interval. Throws `E_INTERVAL` unless it is a whole number from 1 ms to about 24.8
 * days: beyond that, timers of the platform wrap around to 1 ms.
 */
export function intervalMs(interval: unknown, what = 'batch interval'): number {
  const ms = interval instanceof Duration ? interval.milliseconds : interval
  if (typeof ms === 'number' && Number.isInteger(ms) && ms >= 1 && ms <= LONGEST_MS) return ms
  const shown = typeof ms === 'string' ? JSON.stringify(ms) : String(ms)
  throw new SluiceError(
    'E_INTERVAL',
    `The ${what} is ${shown}; it must be a whole number of milliseconds from 1 to ${LONGEST_MS}.`,
    {
      did: 'nothing was started',
      next: ['write seconds(10), minutes(1) or milliseconds(500)'],
    },
  )
}

/**
 * The interval of a stream's batches in ms. A bare number counts in ms, so `app('x', 1, …)` hardly ever means what it
 * says. Throws `E_INTERVAL`.
 */
export function batchIntervalMs(interval: unknown): number {
  const ms = intervalMs(interval)
  if (ms >= BATCH_MS_MIN) return ms
  throw new SluiceError('E_INTERVAL', `The batch interval is ${ms} ms; it must be ${BATCH_MS_MIN} ms or more.`, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    spark: 'IllegalArgumentException',
    next: [`seconds(${ms})`, `milliseconds(${BATCH_MS_MIN})`],
  })
}

const BATCH_MS_MIN = 10

/**
 * Milliseconds since the epoch. A text must say which zone it means: JavaScript takes a date alone for UTC and a date
 * with a time for the zone of whatever machine it runs on. Throws `E_DATE`.
 */
export function instantMs(instant: string | number | Date, what: string): number {
  const isWhole =
    typeof instant !== 'string' ||
    /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(instant)
  const ms = isWhole ? new Date(instant).getTime() : NaN
  if (Number.isInteger(ms)) return ms
  throw new SluiceError(
    'E_DATE',
    `The ${what} is ${typeof instant === 'string' ? JSON.stringify(instant) : String(instant)}, which is ` +
      `not a point in time${isWhole ? '' : ' with a zone'}.`,
    {
      did: 'nothing was started',
      next: [
        "write it as '2026-01-01T00:00:00Z', or with another zone as '2026-01-01T00:00:00+01:00'",
        'or pass a Date, or milliseconds since the epoch',
      ],
    },
  )
}
