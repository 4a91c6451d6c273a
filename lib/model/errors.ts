import { within } from './visible.ts'

import { type ErrorCode, type Fault, faultOf, isErrorCode, mayBeARecords } from './error-codes.ts'
import { placeAmong } from './place.ts'

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
  /** Number of the batch that a sink has taken already, where that is a later one. */
  readonly taken?: number
  /** What `process.exit` was called with. */
  readonly exitCode?: number
  /** Key of the object that cannot be read, or a name for the bytes where they are none. */
  readonly object?: string
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
  /** How long the other side asked to be left alone, in ms. */
  readonly retryAfterMs?: number
  /** Spark's exception class where the mistake has one there (informational). */
  readonly spark?: string
  /** What was thrown before. */
  readonly cause?: unknown
  /** Whose fault it is, where that is not the one that the code stands for: a source threw it, say. */
  readonly fault?: Fault
}

/**
 * Every error a user can see. Callers look at `code`, `fault` and `retry`, never at the words, so that words may
 * improve freely. Each code has a section in `docs/errors.md`, printed by `sluice explain <code>`.
 */
export class SluiceError extends Error {
  /** `E_…`: what callers look at, and what `sluice explain` takes. */
  readonly code: ErrorCode
  /** Whose fault it is: what retries, dead letters, halts and exit codes go by. */
  readonly fault: Fault
  /** Where in the program or its data it happened, as far as that is known. */
  readonly where: Where
  /** What the engine did about it, as a sentence fragment. */
  readonly did: string
  /** What to type or change next, one entry per choice. */
  readonly next: readonly string[]
  /** Whether the same call may succeed later without any change. */
  readonly retry: boolean
  /** How long the other side asked to be left alone, in ms. */
  readonly retryAfterMs: number | undefined
  /** Spark's exception class where the mistake has one there. */
  readonly spark: string | undefined

  /** @internal The library makes its errors itself. */
  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(bounded(message), facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'SluiceError'
    this.code = code
    // A program that is not type-checked may have made up a code of its own.
    this.fault = facts.fault ?? (isErrorCode(code) ? faultOf(code) : 'program')
    this.where = facts.where ?? {}
    this.did = facts.did ?? ''
    this.next = facts.next ?? []
    this.retry = facts.retry ?? false
    this.retryAfterMs = facts.retryAfterMs
    this.spark = facts.spark
  }
}

/** Whether the library made this error: a program may throw the same class with a code of its own. */
export const isOurs = (error: unknown): error is SluiceError =>
  isError(error) && error instanceof SluiceError && isErrorCode(error.code)

/** Whether a record can have made a function throw this. */
export const blamesARecord = (error: unknown): boolean => !isOurs(error) || mayBeARecords(error.fault)

/** The same error, for which a record is to blame. */
export const ofARecord = (error: unknown): unknown => (isOurs(error) ? copyOf(error, { fault: 'record' }) : error)

/** The same error with what it did not know about its place; anything that is not ours as it is. */
export const located = (error: unknown, where: Where): unknown =>
  isError(error) && error instanceof SluiceError && !Object.keys(where).every((name) => name in error.where)
    ? copyOf(error, { where: { ...where, ...error.where } })
    : error

/**
 * What a source or a sink threw, as its fault: whatever class it is of and whatever code it has, since both are of its
 * own choosing. `code` is for what is not ours. An error of a store or of the protocol keeps its fault, because it
 * comes from nearer to its cause.
 */
export function thrownBy(
  fault: 'source' | 'sink',
  error: unknown,
  foreign: { readonly code: ErrorCode; readonly about: string } & Pick<ErrorFacts, 'did' | 'next'>,
  where: Where,
): SluiceError {
  if (isOurs(error)) {
    const isNearer = error.fault === 'store' || error.fault === 'protocol'
    return located(isNearer || error.fault === fault ? error : copyOf(error, { fault }), where) as SluiceError
  }
  const { code, about, did, next } = foreign
  const place = placeAmong(framesOf(error))
  const ours = new SluiceError(code, `${about}: ${wordsOf(error)}`, {
    where: { ...(place === null ? {} : { place }), ...where },
    ...(did === undefined ? {} : { did }),
    ...(next === undefined ? {} : { next }),
    retry: true,
    cause: error,
    fault,
  })
  ours.stack = stackOf(error) || ours.stack!
  return ours
}

function copyOf(error: SluiceError, facts: Pick<ErrorFacts, 'where' | 'fault'>): SluiceError {
  const { code, message, where, did, next, retry, retryAfterMs, spark, cause, fault, stack } = error
  const copy = new SluiceError(code, message, {
    where,
    did,
    next,
    retry,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(spark === undefined ? {} : { spark }),
    cause,
    fault,
    ...facts,
  })
  copy.stack = stack ?? ''
  const record = records.get(error)
  if (record !== undefined) records.set(copy, record)
  return copy
}

/** Whether `error` is one of ours with this code. */
export const hasCode = (error: unknown, code: ErrorCode): error is SluiceError =>
  isError(error) && error instanceof SluiceError && error.code === code

/** Which record a function was given when it threw: the error is the program's own, and knows nothing of it. */
const records = new WeakMap<object, string>()

/** Notes the record that an error is about, in words, unless a nearer one is known. */
export function noteRecord(error: unknown, record: string): void {
  if (typeof error === 'object' && error !== null && !records.has(error)) records.set(error, record)
}

export const recordOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null ? records.get(error) : undefined

/** Name, code and words of anything that was thrown: `KafkaError [E_KAFKA_UNREACHABLE]: no broker answers`. */
export function wordsOf(error: unknown): string {
  const message = messageOf(error)
  if (!isError(error)) return message
  const code = readOf(error, 'code')
  const isSaid = typeof code !== 'string' || message.includes(code)
  return `${nameOf(error)}${isSaid ? '' : ` [${code}]`}: ${message}`
}

/** The name of an error, whatever somebody has put there. */
export const nameOf = (error: Error): string => {
  const name = readOf(error, 'name')
  return typeof name === 'string' ? within(name, NAME_MAX) : 'Error'
}

/** Whether it is an error: who is thrown may be a proxy that answers no question any more. */
export const isError = (thrown: unknown): thrown is Error => orElse(false, () => thrown instanceof Error)

/** A property of what was thrown, or what reading it threw: a getter runs the program's own code. */
const readOf = (error: Error, property: string): unknown =>
  orElse(undefined, () => (error as unknown as Record<string, unknown>)[property])

function orElse<T>(otherwise: T, read: () => T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/** Anything as text, also what has no text: an object without a prototype, or one whose `toString` throws. */
const textOf = (value: unknown): string => orElse(`a value of type ${typeof value} without a text`, () => String(value))

/**
 * The words of anything that was thrown, and of what caused it (`fetch failed: connect ECONNREFUSED …`), bounded: what
 * is longer is data that somebody put into them. A parser quotes what it could not parse, which is a record more often
 * than not: its quotations are left out.
 */
export function messageOf(error: unknown, causesMax = 3): string {
  if (!isError(error)) return bounded(textOf(error))
  const own = ownMessageOf(error)
  const cause = isOurs(error) || causesMax === 0 ? undefined : readOf(error, 'cause')
  if (!isError(cause)) return own
  const why = messageOf(cause, causesMax - 1) || textOf(readOf(cause, 'code') ?? '')
  return why === '' || own.includes(why) ? own : bounded(`${own}: ${why}`)
}

function ownMessageOf(error: Error): string {
  const message = textOf(readOf(error, 'message'))
  return quotesJson(message) ? 'The text is not valid JSON' : bounded(message)
}

/** The stack of anything that was thrown, bounded and without quotations as well. */
export function stackOf(error: unknown): string {
  const stack = isError(error) && readOf(error, 'stack')
  if (typeof stack !== 'string') return ''
  const { head, frames } = partsOf(stack, textOf(readOf(error as Error, 'message')))
  return [head + messageOf(error), ...frames].join('\n')
}

/** The frames of that stack alone: a message may hold lines that look like frames. */
export const framesOf = (error: unknown): readonly string[] => {
  const stack = isError(error) && readOf(error, 'stack')
  return typeof stack === 'string' ? partsOf(stack, textOf(readOf(error as Error, 'message'))).frames : []
}

/** Longer words than these are data, not words. */
const WORDS_MAX = 4096
const NAME_MAX = 200

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
