import { SluiceError, type Where } from '../model/errors.ts'
import { checkNesting, KIND_ARRAY, KIND_BYTES, KIND_DATE, KIND_OBJECT, kindOf } from './kind.ts'

/** The largest key in UTF-8 bytes: what a DynamoDB partition key can hold. */
const KEY_BYTES_MAX = 2048

/**
 * Throws unless `key` can be written and read back as the same key: `E_KEY` for types that cannot be keys,
 * `E_KEY_STRING` for text with half a surrogate pair (in UTF-8 it would become another key), `E_KEY_TOO_LARGE` above
 * 2,048 bytes. Called where keys are encoded, not per record.
 */
export function checkKey(key: unknown, where: Where = {}): void {
  const size = sizeOf(key, where, 0)
  if (size <= KEY_BYTES_MAX) return
  throw new SluiceError('E_KEY_TOO_LARGE', `A key is ${size} bytes long; ${KEY_BYTES_MAX} is the most.`, {
    where,
    next: ['group by something shorter, such as a digest of it'],
  })
}

/** Bytes of text and content; the few bytes of numbers count as 8. */
function sizeOf(key: unknown, where: Where, depth: number): number {
  switch (typeof key) {
    case 'string':
      return sizeOfText(key, where)
    case 'number':
      return 8
    case 'bigint':
      return Math.ceil(key.toString(16).length / 2)
    case 'boolean':
    case 'undefined':
      return 1
    default:
      return key === null ? 1 : sizeOfStructure(key, where, depth)
  }
}

function sizeOfText(text: string, where: Where): number {
  // At most 3 bytes per unit: short text needs no counting.
  if (text.isWellFormed()) return text.length * 3 <= KEY_BYTES_MAX ? text.length : Buffer.byteLength(text)
  throw new SluiceError(
    'E_KEY_STRING',
    `A key of ${text.length} characters holds half a surrogate pair, which UTF-8 cannot write.`,
    {
      where,
      next: ['call toWellFormed() on the text before it becomes a key'],
    },
  )
}

function sizeOfStructure(key: unknown, where: Where, depth: number): number {
  checkNesting(depth, where)
  switch (kindOf(key, where)) {
    case KIND_DATE:
      return 8
    case KIND_BYTES:
      return (key as Uint8Array).length
    case KIND_ARRAY:
      return (key as unknown[]).reduce<number>((sum, item) => sum + sizeOf(item, where, depth + 1), 1)
    case KIND_OBJECT:
      return Object.entries(key as object).reduce(
        (sum, [name, value]) => sum + sizeOfText(name, where) + sizeOf(value, where, depth + 1),
        1,
      )
  }
}
