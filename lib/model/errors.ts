import { within } from './visible.ts'

/** Where in the user's program or data something happened; only what is known is set. */
export interface Where {
  /** Operator name or uid as the user knows it. */
  readonly operator?: string
  /** `file:line:column` in the user's code. */
  readonly place?: string
  /** Number of the partition, or its name at the source. */
  readonly partition?: number | string
  /** Position of the record in its partition. */
  readonly offset?: number | string
  /** Number of the batch. */
  readonly batch?: number
  /** Anything else that locates it, in words. */
  readonly detail?: string
}

/** What an error knows besides its code and message. */
export interface ErrorFacts {
  /** Where in the program or its data it happened. */
  readonly where?: Where
  /** What the engine did about it, as a sentence fragment: "nothing was started". */
  readonly did?: string
  /** What the user can type or change next, one entry per choice. */
  readonly next?: readonly string[]
  /** Whether the same call may succeed later without any change. */
  readonly retry?: boolean
  /** Spark's exception class where the mistake has one there (informational). */
  readonly spark?: string
  /** What was thrown before. */
  readonly cause?: unknown
}

/**
 * Every error a user can see. Callers look at `code` and `retry`, never at the words, so that words may improve freely.
 * Each code has a section in `docs/errors.md`, printed by `sluice explain <code>`.
 */
export class SluiceError extends Error {
  /** `E_…`: what callers look at, and what `sluice explain` takes. */
  readonly code: string
  /** Where in the program or its data it happened, as far as that is known. */
  readonly where: Where
  /** What the engine did about it, as a sentence fragment. */
  readonly did: string
  /** What to type or change next, one entry per choice. */
  readonly next: readonly string[]
  /** Whether the same call may succeed later without any change. */
  readonly retry: boolean
  /** Spark's exception class where the mistake has one there. */
  readonly spark: string | undefined

  /** @internal The library makes its errors itself. */
  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(bounded(message), facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'SluiceError'
    this.code = code
    this.where = facts.where ?? {}
    this.did = facts.did ?? ''
    this.next = facts.next ?? []
    this.retry = facts.retry ?? false
    this.spark = facts.spark
  }
}

/** The same error with what it did not know about its place; anything that is not ours as it is. */
export function located(error: unknown, where: Where): unknown {
  if (!(error instanceof SluiceError) || Object.keys(where).every((name) => name in error.where)) return error
  const { code, message, did, next, retry, spark, cause, stack } = error
  const known = new SluiceError(code, message, {
    where: { ...where, ...error.where },
    did,
    next,
    retry,
    ...(spark === undefined ? {} : { spark }),
    cause,
  })
  known.stack = stack ?? ''
  return known
}

/** Whether `error` is one of ours with this code. */
export const hasCode = (error: unknown, code: string): error is SluiceError =>
  error instanceof SluiceError && error.code === code

/**
 * The words of anything that was thrown, bounded: what is longer is data that somebody put into them. A parser quotes
 * what it could not parse, which is a record more often than not: its quotations are left out.
 */
export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return bounded(String(error))
  const message = String(error.message)
  return quotesJson(message) ? 'The text is not valid JSON' : bounded(message)
}

/** The stack of anything that was thrown, bounded and without quotations as well. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return ''
  const { head, frames } = partsOf(error.stack, String(error.message))
  return [head + messageOf(error), ...frames].join('\n')
}

/** The frames of that stack alone: a message may hold lines that look like frames. */
export const framesOf = (error: unknown): readonly string[] =>
  error instanceof Error && typeof error.stack === 'string' ? partsOf(error.stack, String(error.message)).frames : []

/** Longer words than these are data, not words. */
const WORDS_MAX = 4096

/** A stack is a place in a program, and nobody reads further than this. */
const FRAMES_MAX = 50
const FRAME_LENGTH_MAX = 512

/** What is bounded already, and got a name or a place in front, is left alone. */
const bounded = (text: string): string => (text.length <= 2 * WORDS_MAX ? text : within(text, WORDS_MAX))

/** What a stack says before the message, and its frames. */
function partsOf(stack: string, message: string): { readonly head: string; readonly frames: readonly string[] } {
  const start = [stack.indexOf(': ') + 2, 0].find((at) => stack.startsWith(message, at)) ?? 0
  const rest = stack.startsWith(message, start) ? stack.slice(start + message.length) : stack
  const frames = rest.split('\n').filter((line) => line.startsWith('    at '))
  const shown = frames.slice(0, FRAMES_MAX).map((frame) => within(frame, FRAME_LENGTH_MAX))
  return { head: within(stack.slice(0, start), FRAME_LENGTH_MAX), frames: shown }
}

/** Whether these are the words of `JSON.parse`: `Unexpected token 'x', "…" is not valid JSON`. */
const quotesJson = (message: string): boolean =>
  /"(?:\.\.\.)? is not valid JSON$/.test(message.slice(-24)) &&
  /^(?:Unexpected token [^]{1,6}, )?(?:\.\.\.)?"/.test(message.slice(0, 40))
