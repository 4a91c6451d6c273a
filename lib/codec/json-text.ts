import { type Form, formOf } from './form.ts'
import { ShownPath } from './shown-path.ts'
import { DEPTH_MAX } from './tags.ts'

/**
 * How a value looks as JSON, on one line; total over what state can hold (the table is in docs/sinks.md). As
 * `JSON.stringify` where that loses nothing. `NaN` and infinities are strings, as Spark writes them; bigints have all
 * their digits; a `Map` with texts as keys is an object and any other an array of pairs; a `Set` is an array; bytes are
 * base64. A missing value is `null` in an array, and a property that is `undefined` is left out. Throws `E_SINK_VALUE`
 * with the path for functions, symbols, promises, circles and instances that show no fields; `root` names the value.
 */
export function jsonText(value: unknown, root = 'record'): string {
  return quickText(value) ?? shown(value, new ShownPath(root))
}

/** `null` for what needs a closer look, which also says what a value is that cannot be read. */
function quickText(value: unknown): string | null {
  try {
    return isPlainJson(value) ? JSON.stringify(value) : null
  } catch {
    return null
  }
}

/**
 * Whether `JSON.stringify` loses nothing of it, properties that are `undefined` excepted where `isLax`: true of nearly
 * every record, and far quicker than a walk.
 */
export function isPlainJson(value: unknown, isLax = true, depth = 0): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth >= DEPTH_MAX) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Array.prototype) {
    for (let i = 0; i < (value as unknown[]).length; i++)
      if (!isPlainJson((value as unknown[])[i], isLax, depth + 1)) return false
    return true
  }
  if (prototype !== Object.prototype && prototype !== null) return false
  for (const name in value) {
    const item = (value as Record<string, unknown>)[name]
    if (!(isLax && item === undefined) && !isPlainJson(item, isLax, depth + 1)) return false
  }
  return true
}

function shown(value: unknown, path: ShownPath): string {
  const form = formOf(value)
  switch (form.kind) {
    case 'missing':
    case 'null':
      return 'null'
    case 'boolean':
    case 'bigint':
      return String(form.value)
    case 'number':
      return Number.isFinite(form.value) ? JSON.stringify(form.value) : `"${form.value}"`
    case 'string':
      return JSON.stringify(form.value)
    case 'date':
      return `"${form.iso}"`
    case 'bytes':
      return `"${form.bytes.toString('base64')}"`
    case 'none':
      throw path.refusal(form.why)
    default:
      return shownInside(value as object, form, path)
  }
}

type Nested = Extract<Form, { readonly kind: 'list' | 'set' | 'map' | 'object' | 'as' }>

function shownInside(parent: object, form: Nested, path: ShownPath): string {
  const inside = (step: string | number, item: unknown): string => path.within(parent, step, () => shown(item, path))
  switch (form.kind) {
    case 'as':
      return inside('', form.value)
    case 'list':
    case 'set':
      return `[${form.items.map((item, i) => inside(i, item)).join(',')}]`
    case 'object':
      return object(form.entries, inside)
    case 'map':
      return isTextual(form.entries)
        ? object(form.entries, inside)
        : `[${form.entries.map(([key, item], i) => `[${inside(i, key)},${inside(i, item)}]`).join(',')}]`
  }
}

const isTextual = (
  entries: readonly (readonly [unknown, unknown])[],
): entries is readonly (readonly [string, unknown])[] => entries.every(([key]) => typeof key === 'string')

function object(
  entries: readonly (readonly [string, unknown])[],
  inside: (step: string, item: unknown) => string,
): string {
  const there = entries.filter(([, item]) => item !== undefined)
  return `{${there.map(([name, item]) => `${JSON.stringify(name)}:${inside(name, item)}`).join(',')}}`
}
