import { KIND_ARRAY, KIND_BYTES, KIND_DATE, KIND_OBJECT, kindOf } from './kind.ts'

/**
 * Whether two keys are one key: types count, -0 is 0, NaN is NaN, arrays and plain objects compare by structure
 * whatever the order of their properties, dates by time, bytes by content. Strings compare by code unit, so that NFC
 * and NFD are two keys.
 */
export function sameKey(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a === 'number') return Number.isNaN(a) && Number.isNaN(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const kind = kindOf(a)
  return kind === kindOf(b) && sameStructure[kind](a as never, b as never)
}

const sameStructure = {
  [KIND_ARRAY]: sameArray,
  [KIND_OBJECT]: sameObject,
  [KIND_DATE]: (a: Date, b: Date): boolean => a.getTime() === b.getTime(),
  [KIND_BYTES]: (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0,
}

function sameArray(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!sameKey(a[i], b[i])) return false
  return true
}

function sameObject(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && sameKey(a[name], b[name]))
  )
}
