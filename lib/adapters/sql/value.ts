import { types } from 'node:util'
import { SluiceError } from '../../model/errors.ts'

/** What can be stored in a column. Anything else is made one of these by `row`, for example with `JSON.stringify`. */
export type SqlValue = string | number | bigint | boolean | null | Date | Uint8Array

/**
 * Throws `E_SINK_VALUE` for what a database would refuse, cut, or store as something else. `path` says which value it
 * is, and is asked for then alone.
 */
export function checkValue(value: SqlValue, path: () => string): SqlValue {
  const wrong = mistakeIn(value)
  if (wrong === null) return value
  throw new SluiceError('E_SINK_VALUE', `${path()} ${wrong}.`, {
    did: 'nothing of its partition was written',
    next: ['correct the value in `row`', "onRowError: 'skip' to store the other rows"],
  })
}

function mistakeIn(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      if (value.includes('\0')) return 'holds a NUL character'
      return value.isWellFormed() ? null : 'holds half a surrogate pair, which has no UTF-8 form'
    case 'number':
      return Number.isFinite(value) ? null : `is ${value}`
    case 'bigint':
      return value >= -(2n ** 63n) && value < 2n ** 63n ? null : 'is a bigint of more than 64 bits'
    case 'boolean':
      return null
    case 'object':
      if (value === null || types.isUint8Array(value)) return null
      if (types.isProxy(value)) return 'is a Proxy'
      if (value instanceof Date) return isStorable(value) ? null : 'is a date outside the years 1 to 9999'
      return 'is an object: make it a string first, for example with JSON.stringify'
    default:
      return value === undefined ? 'is undefined: use null for a missing value' : `is a ${typeof value}`
  }
}

const isStorable = (date: Date): boolean => date.getTime() >= firstMs && date.getTime() < endMs
const firstMs = Date.parse('0001-01-01T00:00:00Z')
const endMs = Date.parse('9999-12-31T23:59:59.999Z') + 1
