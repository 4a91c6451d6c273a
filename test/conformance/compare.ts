import type { Comparison } from './cases.ts'
import { shown } from './values.ts'

const TOLERANCE = 1e-9

/** How two lists of records differ, or null. Batches are compared with `batchesDiffer`. */
export function recordsDiffer(
  actual: readonly unknown[],
  expected: readonly unknown[],
  how: Comparison,
): string | null {
  const [a, b] = [canonical(actual, how), canonical(expected, how)]
  const same = how === 'ordered' ? equal(a, b) : how === 'set' ? isSubset(a, b) && isSubset(b, a) : sameMultiset(a, b)
  return same ? null : `got ${shown(actual)}, expected ${shown(expected)}`
}

export function batchesDiffer(
  actual: readonly (readonly unknown[])[],
  expected: readonly (readonly unknown[])[],
  how: Comparison,
): string | null {
  if (actual.length !== expected.length)
    return `${actual.length} output batches, expected ${expected.length}: got ${shown(actual)}`
  for (const [i, batch] of expected.entries()) {
    const difference = recordsDiffer(actual[i], batch, how)
    if (difference) return `output batch ${i}: ${difference}`
  }
  return null
}

/** Any two values, lists as `how` says (ordered unless told otherwise). */
export function valuesDiffer(actual: unknown, expected: unknown, how: Comparison = 'ordered'): string | null {
  if (Array.isArray(actual) && Array.isArray(expected)) return recordsDiffer(actual, expected, how)
  if (how !== 'ordered' && isObject(actual) && isObject(expected)) return fieldsDiffer(actual, expected, how)
  return equal(actual, expected) ? null : `got ${shown(actual)}, expected ${shown(expected)}`
}

function fieldsDiffer(
  actual: Record<string, unknown>,
  expected: Record<string, unknown>,
  how: Comparison,
): string | null {
  for (const [key, value] of Object.entries(expected)) {
    const difference = valuesDiffer(actual[key], value, how)
    if (difference) return `${key}: ${difference}`
  }
  return null
}

/** Numbers within a relative tolerance, everything else exactly. */
export function equal(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number')
    return a === b || Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b))
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, i) => equal(each, b[i]))
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(b)
    return Object.keys(a).length === keys.length && keys.every((key) => key in a && equal(a[key], b[key]))
  }
  return a === b
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function canonical(records: readonly unknown[], how: Comparison): unknown[] {
  if (how === 'multisetDeep') return records.map(withSortedLists)
  return how === 'flattenedMultiset' || how === 'flatMultiset' ? records.flat() : [...records]
}

/** The order of values inside a pair's lists says nothing; the position of a list among others does (cogroup). */
function withSortedLists(record: unknown): unknown {
  if (!Array.isArray(record) || record.length !== 2 || !Array.isArray(record[1])) return record
  const [key, values] = record as [unknown, unknown[]]
  const grouped = values.length > 0 && values.every(Array.isArray)
  return [key, grouped ? (values as unknown[][]).map(sorted) : sorted(values)]
}

const sorted = (values: readonly unknown[]): unknown[] =>
  values.toSorted((a, b) => compareText(JSON.stringify(a), JSON.stringify(b)))
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const isSubset = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.every((each) => b.some((other) => equal(each, other)))

function sameMultiset(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false
  if (equal(sorted(a), sorted(b))) return true
  const left = [...b]
  return a.every((each) => {
    const at = left.findIndex((other) => equal(each, other))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
}
