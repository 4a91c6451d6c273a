import { SluiceError } from './errors.ts'

/** A span of time in whole milliseconds (Spark's `Duration`). Prints as `1000 ms`. */
export class Duration {
  readonly milliseconds: number

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds
  }

  less(that: Duration): boolean {
    return this.milliseconds < that.milliseconds
  }
  lessEq(that: Duration): boolean {
    return this.milliseconds <= that.milliseconds
  }
  greater(that: Duration): boolean {
    return this.milliseconds > that.milliseconds
  }
  greaterEq(that: Duration): boolean {
    return this.milliseconds >= that.milliseconds
  }
  plus(that: Duration): Duration {
    return new Duration(this.milliseconds + that.milliseconds)
  }
  minus(that: Duration): Duration {
    return new Duration(this.milliseconds - that.milliseconds)
  }
  times(factor: number): Duration {
    return new Duration(this.milliseconds * factor)
  }
  /** How many times `that` fits, as a fraction. */
  div(that: Duration): number {
    return this.milliseconds / that.milliseconds
  }
  isMultipleOf(that: Duration): boolean {
    return this.milliseconds % that.milliseconds === 0
  }
  min(that: Duration): Duration {
    return this.less(that) ? this : that
  }
  max(that: Duration): Duration {
    return this.greater(that) ? this : that
  }
  isZero(): boolean {
    return this.milliseconds === 0
  }
  equals(that: unknown): boolean {
    return that instanceof Duration && that.milliseconds === this.milliseconds
  }
  toString(): string {
    return `${this.milliseconds} ms`
  }
  toJSON(): number {
    return this.milliseconds
  }
}

/**
 * A point in time in milliseconds since the epoch (Spark's `Time`): the label of a batch is the end of its interval.
 */
export class Time {
  readonly milliseconds: number

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds
  }

  less(that: Time): boolean {
    return this.milliseconds < that.milliseconds
  }
  lessEq(that: Time): boolean {
    return this.milliseconds <= that.milliseconds
  }
  greater(that: Time): boolean {
    return this.milliseconds > that.milliseconds
  }
  greaterEq(that: Time): boolean {
    return this.milliseconds >= that.milliseconds
  }
  plus(that: Duration): Time {
    return new Time(this.milliseconds + that.milliseconds)
  }
  minus(that: Time): Duration
  minus(that: Duration): Time
  minus(that: Time | Duration): Time | Duration {
    const difference = this.milliseconds - that.milliseconds
    return that instanceof Time ? new Duration(difference) : new Time(difference)
  }

  /** The last multiple of `step`, counted from `zero`, that is not after this time. */
  floor(step: Duration, zero: Time = new Time(0)): Time {
    const since = this.milliseconds - zero.milliseconds
    return new Time(Math.floor(since / step.milliseconds) * step.milliseconds + zero.milliseconds)
  }

  isMultipleOf(step: Duration): boolean {
    return this.milliseconds % step.milliseconds === 0
  }
  min(that: Time): Time {
    return this.less(that) ? this : that
  }
  max(that: Time): Time {
    return this.greater(that) ? this : that
  }
  /** Every `step` from this time, `end` excluded. */
  until(end: Time, step: Duration): Time[] {
    return times(this.milliseconds, end.milliseconds - 1, step.milliseconds)
  }
  /** Every `step` from this time, `end` included. */
  to(end: Time, step: Duration): Time[] {
    return times(this.milliseconds, end.milliseconds, step.milliseconds)
  }
  equals(that: unknown): boolean {
    return that instanceof Time && that.milliseconds === this.milliseconds
  }
  toString(): string {
    return `${this.milliseconds} ms`
  }
  toJSON(): number {
    return this.milliseconds
  }
}

function times(first: number, last: number, step: number): Time[] {
  const all: Time[] = []
  for (let at = first; at <= last; at += step) all.push(new Time(at))
  return all
}

/** Wherever Spark takes a `Duration`, plain milliseconds do as well. */
export type DurationLike = Duration | number

export const milliseconds = (count: number): Duration => new Duration(count)
/** Rounded to whole milliseconds. */
export const seconds = (count: number): Duration => new Duration(Math.round(count * 1000))
/** Rounded to whole milliseconds. */
export const minutes = (count: number): Duration => new Duration(Math.round(count * 60_000))

/** Spark's other spellings of the same factories. */
export const Milliseconds = milliseconds
export const Seconds = seconds
export const Minutes = minutes
export const Durations = { milliseconds, seconds, minutes } as const

const LONGEST_MS = 2 ** 31 - 1

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
