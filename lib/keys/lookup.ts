import { checkNesting, KIND_ARRAY, KIND_BYTES, KIND_DATE, KIND_OBJECT, kindOf } from './kind.ts'

/** What a `Map` or `Set` can look a key up by. */
type LookupKey = string | number | boolean | null | undefined | bigint

/**
 * A primitive that a `Map` or `Set` finds equal exactly when the keys are equal. Strings, numbers and the like stand
 * for themselves; dates, bytes, arrays and plain objects become a string that opens with half a surrogate pair, which
 * no legal key does.
 */
export function lookupKey(key: unknown): LookupKey {
  switch (typeof key) {
    case 'string':
    case 'boolean':
    case 'undefined':
    case 'bigint':
      return key
    case 'number':
      return key === 0 ? 0 : key
    default:
      return key === null ? null : `\ud800${canonical(key, 0)}`
  }
}

// Lengths before contents, so that no value can end early and let the next one begin inside it.
function canonical(value: unknown, depth: number): string {
  if (value === null) return 'z'
  switch (typeof value) {
    case 'string':
      return `s${value.length}:${value}`
    case 'number':
      return `n${value};`
    case 'bigint':
      return `i${value};`
    case 'boolean':
      return value ? 't' : 'f'
    case 'undefined':
      return 'u'
    default:
      return canonicalStructure(value, depth)
  }
}

function canonicalStructure(value: unknown, depth: number): string {
  checkNesting(depth)
  switch (kindOf(value)) {
    case KIND_ARRAY:
      return canonicalArray(value as unknown[], depth)
    case KIND_OBJECT:
      return canonicalObject(value as Record<string, unknown>, depth)
    case KIND_DATE:
      return `d${(value as Date).getTime()};`
    case KIND_BYTES:
      return `b${(value as Uint8Array).length}:${Buffer.from(value as Uint8Array).toString('latin1')}`
  }
}

function canonicalArray(array: unknown[], depth: number): string {
  let text = `a${array.length}:`
  for (let i = 0; i < array.length; i++) text += canonical(array[i], depth + 1)
  return text
}

function canonicalObject(object: Record<string, unknown>, depth: number): string {
  const names = Object.keys(object).sort()
  let text = `o${names.length}:`
  for (const name of names) text += canonical(name, depth) + canonical(object[name], depth + 1)
  return text
}
