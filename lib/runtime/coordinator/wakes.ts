import type { Head } from '../../model/head.ts'

/*
 * What wakes a coordinator that does not stay, and what follows from it: pure decisions. Times in ms since the epoch.
 */

/** Why a coordinator runs now. */
export type Wake =
  /** A schedule; it stands for the minute from `at` on. */
  | { readonly kind: 'minute'; readonly at: number }
  /** The batch time `at` has come. */
  | { readonly kind: 'tick'; readonly at: number }
  | EventWake

/** Something has happened: a batch is to be planned after it. */
export interface EventWake {
  readonly kind: 'event'
  /**
   * A batch with this number or a later one was planned after it, whoever runs it; `null` where that is not known yet.
   */
  readonly needs: number | null
  /** How often it was left for later. */
  readonly tries: number
}

const MINUTE_MS = 60_000

/**
 * A tick that is older than two intervals has nothing to say: later ones were there since (F04). An event never is too
 * old.
 */
export function isStale(wake: Wake, now: number, intervalMs: number): boolean {
  switch (wake.kind) {
    case 'minute':
      return now - wake.at > 2 * Math.max(MINUTE_MS, intervalMs)
    case 'tick':
      return now - wake.at > 2 * intervalMs
    case 'event':
      return false
  }
}

/** A tick that is to come. */
interface TickAhead {
  readonly at: number
  readonly delaySeconds: number
}

/**
 * The batch times after `from`, up to `until`, as seen at `now`. Of those that have passed the last one stands for all:
 * who comes then runs what is due. Delays are whole seconds, and none ends too early.
 */
export function ticksAhead(
  { from, until, now }: { readonly from: number; readonly until: number; readonly now: number },
  { zeroTime, intervalMs }: Pick<Head, 'zeroTime' | 'intervalMs'>,
): TickAhead[] {
  const ticks: TickAhead[] = []
  const first = Math.floor((from - zeroTime) / intervalMs) + 1
  for (let at = zeroTime + first * intervalMs; at <= until; at += intervalMs)
    if (at > now || at + intervalMs > now) ticks.push({ at, delaySeconds: Math.max(0, Math.ceil((at - now) / 1000)) })
  return ticks
}

/** Whether a batch that was planned after this event is committed. */
export const isCovered = ({ needs }: EventWake, committed: number): boolean => needs !== null && committed >= needs

/**
 * One event that stands for these, which no batch of this coordinator was planned for. `committed` was read after they
 * had come, so batch `committed + 1` may be under way, planned before them; the one after it is planned after them.
 */
export const forLater = (events: readonly EventWake[], committed: number): EventWake => ({
  kind: 'event',
  needs: events.reduce((most, { needs }) => Math.max(most, Math.min(needs ?? Infinity, committed + 2)), 0),
  tries: events.reduce((most, { tries }) => Math.max(most, tries), 0) + 1,
})

const SECOND_MS = 1000
/** No queue holds a message back for longer. */
const DELAY_MS_MAX = 900_000

/**
 * How long an event is left for later: until the next batch time where that is known, else for an interval, and longer
 * each time.
 */
export function delayOf({ tries }: EventWake, until: number | null, now: number, intervalMs: number): number {
  const doubled = Math.max(SECOND_MS, intervalMs) * 2 ** Math.min(tries - 1, 10)
  return Math.min(DELAY_MS_MAX, Math.max(SECOND_MS, until === null ? doubled : until - now))
}
