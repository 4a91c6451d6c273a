import { equal } from '../compare.ts'
import { shown } from '../values.ts'

/** How a value differs from a pattern, or null; what is not a pattern says nothing. */
export function matchDiffers(value: any, expected: any): string | null {
  if (expected === null || typeof expected !== 'object') return null
  if (expected.notNull && value == null) return 'got nothing'
  if (expected.lessThan !== undefined && !(value < expected.lessThan))
    return `got ${value}, expected less than ${expected.lessThan}`
  if ('not' in expected && fits(value, expected.not)) return `got ${shown(value)}, expected anything else`
  if (expected.instanceOf !== undefined && value?.constructor?.name !== expected.instanceOf)
    return `got a ${value?.constructor?.name}, expected a ${expected.instanceOf}`
  return null
}

/** As `equal`, where `">=0"` stands for any such number and `{contains}` for a text with these words. */
export function fits(value: any, expected: any): boolean {
  if (expected === '>=0') return typeof value === 'number' && value >= 0
  if (typeof expected?.contains === 'string') return typeof value === 'string' && value.includes(expected.contains)
  if (Array.isArray(expected))
    return Array.isArray(value) && value.length === expected.length && expected.every((each, i) => fits(value[i], each))
  if (expected !== null && typeof expected === 'object')
    return value != null && Object.entries(expected).every(([key, each]) => fits(value[key], each))
  return equal(value, expected)
}

export const fitDiffers = (value: unknown, expected: unknown): string | null =>
  fits(value, expected) ? null : `got ${shown(value)}, expected ${shown(expected)}`
