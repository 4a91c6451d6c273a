import type { AppName, BatchNumber } from '../model/ids.ts'
import type { Versioned } from '../host/head-store.ts'
import type { Head } from '../model/head.ts'

/** What a coordinator that has read the head does next. */
type Decision =
  | { readonly kind: 'create' }
  | { readonly kind: 'foreign'; readonly app: AppName }
  | { readonly kind: 'halted'; readonly reason: string }
  | { readonly kind: 'busy'; readonly holder: string; readonly until: number }
  | { readonly kind: 'acquire' }

/** Who wants to take the app. @testing Tests make one up. */
export interface Claim {
  readonly app: AppName
  /** The name of the app as the program gives it, where several names may share a folder. */
  readonly name?: string
  readonly holder: string
  readonly now: number
  /** Whether a holder is known to be dead (its process is gone); otherwise its lease counts. */
  readonly isGone: (holder: string) => boolean
}

export function decideStart(head: Head | null, claim: Claim): Decision {
  if (!head) return { kind: 'create' }
  if (head.app !== claim.app) return { kind: 'foreign', app: head.app }
  const name = head.conf['spark.app.name']
  if (name !== undefined && claim.name !== undefined && name !== claim.name) return { kind: 'foreign', app: name }
  if (head.halt) return { kind: 'halted', reason: head.halt.reason }
  if (isHeld(head, claim)) return { kind: 'busy', holder: head.holder!, until: head.leaseUntil }
  return { kind: 'acquire' }
}

const isHeld = (head: Head, { holder, now, isGone }: Claim): boolean =>
  head.holder !== holder && isLeased(head, now) && !isGone(head.holder!)

/** Whether the holder is believed to live. Until when was said by its clock, which may have been ahead by years. */
export const isLeased = ({ holder, leaseUntil, intervalMs }: Head, now: number): boolean =>
  holder !== null && leaseUntil > now && leaseUntil - now <= leaseMsMax(intervalMs)

/** How much longer than an interval a coordinator is believed to live without a sign of life. */
const LEASE_INTERVALS = 3
const LEASE_MS_MIN = 30_000
/** Versions before this one gave a function as long in advance. */
const LEASE_MS_CREDIBLE = 16 * 60_000
const DOUBLINGS_MAX = 6

/**
 * How long a coordinator is believed to live without a sign of life. Twice as long with each takeover that was followed
 * by no commit: two that take the app from each other would otherwise never get through a batch.
 */
export const leaseMs = (intervalMs: number, takeovers: number): number =>
  Math.max(LEASE_MS_MIN, LEASE_INTERVALS * intervalMs) * 2 ** Math.min(takeovers, DOUBLINGS_MAX)

/** Until when the holder of `head` is believed to live, if it gives a sign of life now. */
export const leaseFrom = (now: number, { intervalMs, idle }: Pick<Head, 'intervalMs' | 'idle'>): number =>
  now + leaseMs(intervalMs, idle === undefined ? 0 : idle - 1)

/** How long a holder may be silent before it gives a sign of life for its own sake: two of them may get lost. */
export const heartbeatMs = ({ intervalMs }: Pick<Head, 'intervalMs'>): number => leaseMs(intervalMs, 0) / 3

/** A lease beyond this was given by a clock that was ahead. */
const leaseMsMax = (intervalMs: number): number => Math.max(LEASE_MS_CREDIBLE, leaseMs(intervalMs, DOUBLINGS_MAX))

/** What a coordinator that holds the head owes the world before it may plan. */
type Duty =
  | { readonly kind: 'deliver'; readonly batch: BatchNumber }
  | { readonly kind: 'plan'; readonly batch: BatchNumber }

export function decideDuty(head: Head): Duty {
  if (head.outDone < head.committed) return { kind: 'deliver', batch: head.committed }
  return { kind: 'plan', batch: head.committed + 1 }
}

/** What an unanswered or refused write turned out to be, seen from a fresh read of the head (rule R1). */
type Aftermath = 'mine' | 'not-yet' | 'renewed' | 'fenced'

/**
 * `expected` is the revision that the write was conditional on. While the register still holds it, nothing has happened
 * and the same write may be sent again: whichever copy arrives first wins, the other is refused. Behind it the very
 * value that was attempted is mine, and so is the value from `before` with another lease: a sign of life that was given
 * up as unanswered and has arrived since. Anything else means that somebody moved on.
 */
export function decideAftermath(
  attempted: Head,
  { rev: expected, value: before }: Versioned<Head>,
  found: Versioned<Head> | null,
): Aftermath {
  if ((found?.rev ?? 0) === expected) return 'not-yet'
  if (found?.rev === expected + 1 && isSame(attempted, found.value)) return 'mine'
  const isHolder = attempted.inc === before.inc && attempted.epoch === before.epoch
  return found !== null && isHolder && isSame(before, found.value) ? 'renewed' : 'fenced'
}

/**
 * Every write of one coordinator differs from its others in one of these, and from everybody else's in epoch or holder.
 */
function isSame(a: Head, b: Head): boolean {
  const identity = ({ inc, epoch, holder, committed, outDone, gcFloor, manifest, plan, owed, halt }: Head): string =>
    JSON.stringify([
      inc,
      epoch,
      holder,
      committed,
      outDone,
      gcFloor,
      manifest?.key,
      plan?.nonce,
      plan?.seals?.key,
      owed.map(({ batch, output }) => [batch, output]),
      halt?.batch,
    ])
  return identity(a) === identity(b)
}
