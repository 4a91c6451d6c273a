import { SluiceError } from '../model/errors.ts'
import { callerPlace } from '../model/place.ts'
import { checkSettled } from '../model/settled.ts'
import { needsFunction } from './bad-argument.ts'

/** Negative: `a` comes first. Positive: `b` does. */
export type Compare<T> = (a: T, b: T) => number

/**
 * The order of records and keys where the caller gives none: `null` and `undefined`, booleans, numbers and bigints (NaN
 * last), strings by code unit, dates, bytes, then arrays item by item. Throws `E_ORDER` for anything else.
 */
export function naturalOrder(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  const rank = rankOf(a)
  return rank - rankOf(b) || compareAlike[rank](a as never, b as never)
}

/**
 * The same order, which answers with numbers: a promise, `true` or `NaN` would put records in any order. Throws
 * `E_ARGUMENT`, `E_ASYNC` and `E_ORDER`.
 */
export function checkedOrder<T>(compare: Compare<T>): Compare<T> {
  if (compare === naturalOrder) return compare
  needsFunction(compare, 'the order of records')
  return (a, b) => {
    const order: unknown = compare(a, b)
    if (typeof order === 'number' && !Number.isNaN(order)) return order
    checkSettled(order, 'the order of records', { place: callerPlace() })
    throw new SluiceError('E_ORDER', `A compare function answered ${shownAnswer(order)}.`, {
      where: { place: callerPlace() },
      did: 'the job was stopped',
      next: ['answer with a number: below 0 where the first comes first, 0 where both are alike, above 0 otherwise'],
    })
  }
}

const shownAnswer = (answer: unknown): string =>
  typeof answer === 'boolean' || typeof answer === 'number' || answer === undefined || answer === null
    ? String(answer)
    : `with a value of type ${typeof answer}`

export const reversed =
  <T>(compare: Compare<T>): Compare<T> =>
  (a, b) =>
    compare(b, a)

function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1
  if (a > b) return 1
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

const compareAlike: readonly ((a: never, b: never) => number)[] = [
  () => 0,
  (a: boolean, b: boolean) => Number(a) - Number(b),
  compareNumbers,
  (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0),
  (a: Date, b: Date) => compareNumbers(a.getTime(), b.getTime()),
  (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b),
  compareArrays,
]

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const order = naturalOrder(a[i], b[i])
    if (order !== 0) return order
  }
  return a.length - b.length
}

function rankOf(value: unknown): number {
  if (value == null) return 0
  if (typeof value === 'boolean') return 1
  if (typeof value === 'number' || typeof value === 'bigint') return 2
  if (typeof value === 'string') return 3
  if (value instanceof Date) return 4
  if (value instanceof Uint8Array) return 5
  if (Array.isArray(value)) return 6
  throw new SluiceError('E_ORDER', `Values of type ${typeof value} have no natural order.`, {
    did: 'the job was stopped',
    next: ['pass a compare function', 'sort by a number, string or date taken from the record'],
  })
}
