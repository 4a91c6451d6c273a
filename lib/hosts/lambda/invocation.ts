import type { Life } from '../../runtime/batch/handover.ts'
import type { Wake } from '../../runtime/coordinator/wakes.ts'
import { type Message, wokenBy } from './messages.ts'
import type { Pacing } from './pacing.ts'
import type { TimeLimit } from '../../runtime/time-limit.ts'

const MINUTE_MS = 60_000
/** The next tick must find the app free: a loop ends this long before it. */
const HANDOVER_MS = 5000
/** What is under way this long before the end of the invocation is given up, so that the app is let go of in time. */
const ABORT_MS = 5000

/** One invocation of the coordinator: why, and how long it may take. Times in ms since the epoch. */
export interface Invocation {
  readonly began: number
  readonly deadline: number
  readonly abortAt: number
  /** Start of the minute that this tick stands for. */
  readonly minute: number
  readonly holder: string
  /** Clear a halt and go on. */
  readonly resume: boolean
  /** Operators and sources whose state or position may be given up where the program has no place for it. */
  readonly dropState: readonly string[]
  /** Why it was invoked, for at least one reason. */
  readonly wakes: readonly Wake[]
  /** The messages that it was invoked with, if a queue did it. */
  readonly messages: readonly Message[]
}

/** What Lambda hands a handler, as far as it is used. */
export interface InvocationContext {
  /** Names the invocation in logs. */
  readonly awsRequestId: string
  /** How long the invocation may still take. */
  getRemainingTimeInMillis(): number
}

/**
 * A scheduled event stands for the minute from its time on, messages of a queue for what stands in them; any other
 * event, such as `{}`, says that something has happened, and stands for what is left of the current minute.
 * `{ "resume": true }` and `{ "dropState": ["uid"] }` do what the options of the command line do.
 */
export function decodeInvocation(
  event: unknown,
  { awsRequestId, getRemainingTimeInMillis }: InvocationContext,
  now: number,
): Invocation {
  const { time, resume, dropState } = (event ?? {}) as {
    readonly time?: string
    readonly resume?: boolean
    readonly dropState?: unknown
  }
  const scheduled = Date.parse(time ?? '')
  const deadline = now + getRemainingTimeInMillis()
  return {
    began: now,
    deadline,
    abortAt: deadline - ABORT_MS,
    minute: scheduled || Math.floor(now / MINUTE_MS) * MINUTE_MS,
    holder: `lambda:${awsRequestId}`,
    resume: resume === true,
    dropState: Array.isArray(dropState) ? dropState.map(String) : [],
    ...wokenBy(event, scheduled || null),
  }
}

/**
 * Tasks and outputs stop by themselves with a fifth of their time left, so that they still answer; what they have begun
 * has come to rest shortly before their function would be ended.
 */
export const limitsOf = (now: number, remainingMs: number): Pick<TimeLimit, 'stopAt' | 'endAt'> => ({
  stopAt: now + 0.8 * remainingMs,
  endAt: now + 0.95 * remainingMs,
})

/**
 * With a quarter of its time left the coordinator launches no task; a batch that is not done ten seconds before the end
 * is left to the next tick, with what its tasks have answered.
 */
export function lifeOf({ began, deadline }: Invocation): Life {
  const launchUntil = deadline - (deadline - began) / 4
  return { launchUntil, sealAt: Math.max(launchUntil, deadline - 2 * ABORT_MS) }
}

/** When to begin no further batch: just before the next tick for who stays; else `null`, as soon as none is due. */
export function closing({ minute, deadline }: Invocation, pacing: Pacing): number | null {
  if (pacing !== 'stay') return null
  return Math.min(minute + MINUTE_MS - HANDOVER_MS, deadline - 2 * ABORT_MS)
}
