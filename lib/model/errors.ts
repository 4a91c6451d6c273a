/** Where in the user's program or data something happened; only what is known is set. */
export interface Where {
  /** Operator name or uid as the user knows it. */
  readonly operator?: string
  /** `file:line:column` in the user's code. */
  readonly place?: string
  readonly partition?: number | string
  readonly offset?: number | string
  readonly batch?: number
  /** Anything else that locates it, in words. */
  readonly detail?: string
}

export interface ErrorFacts {
  readonly where?: Where
  /** What the engine did about it, as a sentence fragment: "nothing was started". */
  readonly did?: string
  /** What the user can type or change next, one entry per choice. */
  readonly next?: readonly string[]
  /** Whether the same call may succeed later without any change. */
  readonly retry?: boolean
  /** Spark's exception class where the mistake has one there (informational). */
  readonly spark?: string
  readonly cause?: unknown
}

/**
 * Every error a user can see. Callers look at `code` and `retry`, never at the words, so that words may improve freely.
 * Each code has a section in `docs/errors.md`, printed by `sluice explain <code>`.
 */
export class SluiceError extends Error {
  readonly code: string
  readonly where: Where
  readonly did: string
  readonly next: readonly string[]
  readonly retry: boolean
  readonly spark: string | undefined

  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
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
 * The words of anything that was thrown. A parser quotes what it could not parse, which is a record more often than
 * not: its quotations are left out.
 */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? withoutQuotation(error.message) : String(error)

/** The stack of anything that was thrown, without quotations as well. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return ''
  const { message, stack } = error
  return message === '' ? stack : stack.replace(message, () => withoutQuotation(message))
}

const withoutQuotation = (message: string): string =>
  message.replace(
    /^(?:Unexpected token [^]{1,6}, )?(?:\.\.\.)?"[^]*"(?:\.\.\.)? is not valid JSON$/,
    'The text is not valid JSON',
  )
