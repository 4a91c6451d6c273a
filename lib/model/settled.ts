import { types } from 'node:util'
import { SluiceError, type Where } from './errors.ts'

/** Whether somebody would have to wait for it. What cannot be asked is none: whoever stores or shows it says so. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false
  try {
    return value instanceof Promise || ('then' in value && typeof value.then === 'function')
  } catch {
    return false
  }
}

/** Whether it is a promise, or a record that holds one where records hold their values: `[key, promise]`. */
const isUnsettled = (value: unknown): boolean =>
  typeof value === 'object' &&
  (isPromise(value) || (!types.isProxy(value) && Array.isArray(value) && value.length <= 8 && value.some(isPromise)))

/**
 * Throws `E_ASYNC` where a function gave a promise and its value is needed: a promise is true to a filter, and no value
 * to anybody else. `caller` is the operator or option that the function was given to.
 */
export function checkSettled(value: unknown, caller: string, where: Where = {}): void {
  if (isUnsettled(value)) throw unsettled(value, caller, where)
}

/**
 * The same for a function that gives many: neither a promise of them nor an asynchronous generator can be walked.
 * Throws `E_ITERABLE` for anything else that cannot.
 */
export function checkIterable(value: unknown, caller: string, where: Where = {}): void {
  if (typeof value === 'string' || isWalked(value)) return
  if (isPromise(value) || isWalked(value, Symbol.asyncIterator)) throw unsettled(value, caller, where)
  throw new SluiceError('E_ITERABLE', `${caller} was given a function that returns ${kindOf(value)}.`, {
    where,
    did: 'nothing that the function returned was used',
    next: ['return an array, or anything else that for … of can walk: [] for no records'],
  })
}

/** Whether `for … of` can walk it, or `for await`. */
export function isWalked(value: unknown, by: symbol = Symbol.iterator): boolean {
  if (typeof value !== 'object' || value === null) return false
  try {
    return typeof (value as Record<symbol, unknown>)[by] === 'function'
  } catch {
    return false
  }
}

/** A value in words, for an error that says what it should have been. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (types.isProxy(value)) return 'a Proxy'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object') return 'an object'
  return value === undefined ? 'undefined' : `a ${typeof value}`
}

/** A number or a short text as it is; anything else in words. */
export function shownOr(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.length <= SHOWN_MAX ? JSON.stringify(value) : kindOf(value)
}

const SHOWN_MAX = 40

/** The same reduction; `E_ASYNC` where it gives a promise, which the next call would take for a value. */
export const settledReduction =
  <V>(f: (a: V, b: V) => V, caller: string): ((a: V, b: V) => V) =>
  (a, b) => {
    const result = f(a, b)
    if (typeof result === 'object' && isPromise(result)) throw unsettled(result, caller, {})
    return result
  }

function unsettled(value: unknown, caller: string, where: Where): SluiceError {
  // Whatever becomes of it, nobody will look: it must not end the process as a rejection that nobody handles.
  for (const promise of Array.isArray(value) ? value : [value]) if (promise instanceof Promise) promise.catch(() => {})
  return new SluiceError(
    'E_ASYNC',
    `${caller} was given a function that returns a promise, and needs the value itself.`,
    {
      where,
      did: 'nothing that the function returned was used',
      next: [
        'make the function synchronous: no async, and no promise inside what it returns',
        'wait inside foreachRDD or foreachPartition, or in a sink of your own, which may be asynchronous',
      ],
    },
  )
}

/** Calls of the program's own parts that have not answered yet. */
const unanswered = new Set<{ readonly call: string }>()

/** The answer of a call of a part of the program, such as `cut() of the source "orders"`, or of a sink. */
export async function answerOf<T>(call: string, answer: Promise<T> | T): Promise<T> {
  const asked = { call }
  unanswered.add(asked)
  try {
    return await answer
  } finally {
    unanswered.delete(asked)
  }
}

/** What is waited for at this moment, in words. */
export const callsUnanswered = (): readonly string[] => Array.from(unanswered, ({ call }) => call)
