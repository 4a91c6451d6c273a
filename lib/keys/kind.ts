import { SluiceError, type Where } from '../model/errors.ts'

/** What a key that is not a primitive can be. */
export const KIND_ARRAY = 0
export const KIND_OBJECT = 1
export const KIND_DATE = 2
export const KIND_BYTES = 3
type Kind = typeof KIND_ARRAY | typeof KIND_OBJECT | typeof KIND_DATE | typeof KIND_BYTES

/** Levels of arrays and objects inside one key; a circular key ends here as well. */
const NESTING_MAX = 200

/**
 * Throws `E_KEY`, naming the type, for anything that has no structure to compare by, and `E_VALUE` for an invalid date.
 */
export function kindOf(value: unknown, where?: Where): Kind {
  if (typeof value !== 'object' || value === null)
    throw notAKey(typeof value === 'function' ? 'a function' : `a ${typeof value}`, where)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Array.prototype) return KIND_ARRAY
  if (prototype === Object.prototype || prototype === null) return KIND_OBJECT
  if (prototype === Date.prototype) return validDate(value as Date, where)
  if (prototype === Uint8Array.prototype || prototype === Buffer.prototype) return KIND_BYTES
  throw notAKey(className(prototype), where)
}

function validDate(date: Date, where: Where = {}): Kind {
  if (Number.isNaN(date.getTime())) throw new SluiceError('E_VALUE', 'A key is, or holds, an invalid Date.', { where })
  return KIND_DATE
}

function className(prototype: unknown): string {
  const constructor = (prototype as { constructor?: unknown }).constructor
  return typeof constructor === 'function' && constructor.name !== ''
    ? `an instance of ${constructor.name}`
    : 'an instance of a class without a name'
}

const notAKey = (what: string, where: Where = {}): SluiceError =>
  new SluiceError(
    'E_KEY',
    `A key is, or holds, ${what}. Keys are strings, numbers, booleans, bigints, null, dates, bytes, and ` +
      'arrays and plain objects of these.',
    {
      where,
      next: ['map the record to a key of these types first'],
    },
  )

/** Every walk through a key asks this at each level. */
export function checkNesting(depth: number, where: Where = {}): void {
  if (depth > NESTING_MAX)
    throw new SluiceError('E_DEPTH', `A key is circular or nested deeper than ${NESTING_MAX} levels.`, { where })
}
