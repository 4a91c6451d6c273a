import { Duration, Time } from '../../lib/index.ts'

/**
 * A value as the case files write it: tuples and lists are arrays, an absent value is null, times and durations say
 * what they are.
 */
export function plain(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (value instanceof Time) return { type: 'Time', ms: value.milliseconds }
  if (value instanceof Duration) return { type: 'Duration', ms: value.milliseconds }
  if (ArrayBuffer.isView(value)) return [...(value as Uint8Array)]
  if (value instanceof Set) return [...value].map(plain)
  if (value instanceof Map) return [...value].map(plain)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
  return value
}

/** The other way: what a case file calls a Time or a Duration becomes one. */
export function timed(value: any): any {
  if (Array.isArray(value)) return value.map(timed)
  if (value?.type === 'Time') return new Time(value.ms)
  if (value?.type === 'Duration') return new Duration(value.ms)
  return value
}

/** Short enough for one line of a report. */
export function shown(value: unknown): string {
  const text = value instanceof Error ? `${value.name}: ${value.message}` : (JSON.stringify(value) ?? String(value))
  return text.length > 300 ? `${text.slice(0, 297)}...` : text
}
