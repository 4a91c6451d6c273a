import { type Form, formOf, unreadable } from './form.ts'
import { isPlainJson } from './json-text.ts'
import { ShownPath } from './shown-path.ts'
import { DEPTH_MAX } from './tags.ts'

/*
 * How records look as text; total over what state can hold (the table is in docs/sinks.md). A class with a `toString`
 * of its own is shown by it. `E_SINK_VALUE`, with the path, is left for functions, symbols, promises, circles and
 * instances that show no fields.
 */

/**
 * A record as Scala's `toString` shows it: pairs as `(a,b)`, a missing value as `None`, `Map(a -> 1)`, `Set(a)`. Dates
 * are ISO 8601, bytes hexadecimal, and objects as JSON would show them.
 */
export function sparkText(record: unknown): string {
  return readQuickly(record) ?? bareText(record, new ShownPath('record'))
}

/** Whoever takes a closer look also says which value cannot be read. */
function readQuickly(record: unknown): string | null {
  try {
    return quickText(record, 0)
  } catch {
    return null
  }
}

/** The same for what nearly every record is; `null` for anything that needs a closer look. */
function quickText(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (value === undefined) return 'None'
  if (value === null) return 'null'
  if (!Array.isArray(value)) return isPlainJson(value, false, depth) ? JSON.stringify(value) : null
  if (depth >= DEPTH_MAX) return null
  let text = ''
  for (let i = 0; i < value.length; i++) {
    const item = quickText(value[i], depth + 1)
    if (item === null) return null
    text += i === 0 ? item : `,${item}`
  }
  return `(${text})`
}

/**
 * The same as a line of UTF-8. Throws `E_SINK_VALUE` for half a surrogate pair, which would be written as another
 * character.
 */
export function sparkLine(record: unknown): string {
  const text = sparkText(record)
  if (!text.isWellFormed()) throw new ShownPath('record').refusal('holds half a surrogate pair')
  return `${text}\n`
}

/** Text as it is; what is inside an object has its text in quotes, or nobody could tell where it ends. */
function bareText(value: unknown, path: ShownPath): string {
  if (typeof value === 'string') return value
  if (isList(value))
    return `(${Array.from(value, (item, i) => path.within(value, i, () => bareText(item, path))).join(',')})`
  return shown(value, path, bareText)
}

function quotedText(value: unknown, path: ShownPath): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (isList(value))
    return `[${Array.from(value, (item, i) => path.within(value, i, () => quotedText(item, path))).join(',')}]`
  return shown(value, path, quotedText)
}

function shown(value: unknown, path: ShownPath, text: Shown): string {
  const form = formOf(value)
  const inside = (step: string | number, item: unknown): string =>
    path.within(value as object, step, () => text(item, path))
  switch (form.kind) {
    case 'missing':
      return 'None'
    case 'null':
      return 'null'
    case 'boolean':
    case 'number':
    case 'bigint':
    case 'string':
      return String(form.value)
    case 'date':
      return text(form.iso, path)
    case 'bytes':
      return `0x${form.bytes.toString('hex')}`
    case 'list':
      return text(form.items, path)
    case 'set':
      return `Set(${form.items.map((item, i) => inside(i, item)).join(', ')})`
    case 'map':
      return `Map(${form.entries.map(([key, item], i) => `${inside(i, key)} -> ${inside(i, item)}`).join(', ')})`
    default: {
      const own = ownText(value, form, path)
      return own === null ? shownInstance(value as object, form, path, text) : text(own, path)
    }
  }
}

type Shown = (value: unknown, path: ShownPath) => string

/** A proxy that was revoked cannot even be asked this. */
function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

function shownInstance(
  value: object,
  form: Extract<Form, { readonly kind: 'object' | 'as' | 'none' }>,
  path: ShownPath,
  text: Shown,
): string {
  if (form.kind === 'none') throw path.refusal(form.why)
  if (form.kind === 'as') return path.within(value, '', () => text(form.value, path))
  const fields = form.entries.map(
    ([name, item]) => `${JSON.stringify(name)}:${path.within(value, name, () => quotedText(item, path))}`,
  )
  return `{${fields.join(',')}}`
}

/** A record as Python's `print` shows it: pairs as `('a', 1)`. */
export function pythonText(record: unknown): string {
  return typeof record === 'string' ? record : pythonRepr(record, new ShownPath('record'))
}

function pythonRepr(value: unknown, path: ShownPath): string {
  const form = formOf(value)
  switch (form.kind) {
    case 'missing':
    case 'null':
      return 'None'
    case 'boolean':
      return form.value ? 'True' : 'False'
    case 'number':
      return pythonNumber(form.value)
    case 'bigint':
      return String(form.value)
    case 'string':
      return quoted(form.value)
    case 'date':
      return form.iso
    case 'bytes':
      return pythonBytes(form.bytes)
    default: {
      const own = isNested(form) ? null : ownText(value, form, path)
      return own ?? pythonNested(value as object, form, path)
    }
  }
}

type Nested = Extract<Form, { readonly kind: 'list' | 'set' | 'map' | 'object' | 'as' | 'none' }>

const isNested = ({ kind }: Form): boolean => kind === 'list' || kind === 'set' || kind === 'map'

function pythonNested(value: object, form: Nested, path: ShownPath): string {
  const inside = (step: string | number, item: unknown): string =>
    path.within(value, step, () => pythonRepr(item, path))
  switch (form.kind) {
    case 'none':
      throw path.refusal(form.why)
    case 'as':
      return inside('', form.value)
    case 'list':
      return form.items.length === 1
        ? `(${inside(0, form.items[0])},)`
        : `(${form.items.map((item, i) => inside(i, item)).join(', ')})`
    case 'set':
      return form.items.length === 0 ? 'set()' : `{${form.items.map((item, i) => inside(i, item)).join(', ')}}`
    case 'map':
      return `{${form.entries.map(([key, item], i) => `${inside(i, key)}: ${inside(i, item)}`).join(', ')}}`
    case 'object':
      return `{${form.entries.map(([name, item]) => `${quoted(name)}: ${inside(name, item)}`).join(', ')}}`
  }
}

const pythonNumber = (value: number): string =>
  Number.isNaN(value) ? 'nan' : Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf'

function pythonBytes(bytes: Buffer): string {
  const named: Readonly<Record<number, string>> = { 9: String.raw`\t`, 10: String.raw`\n`, 13: String.raw`\r` }
  const escaped = Array.from(bytes, (byte) => {
    if (byte === 0x27 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
    if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte)
    return named[byte] ?? `\\x${byte.toString(16).padStart(2, '0')}`
  })
  return `b'${escaped.join('')}'`
}

/**
 * What an instance says itself about how it looks; `null` for what has only the text of every object, or cannot be read
 * at all.
 */
function ownText(value: unknown, form: Form, path: ShownPath): string | null {
  if (typeof value !== 'object' || value === null) return null
  try {
    return saidText(value)
  } catch (error) {
    if (form.kind === 'none') return null
    throw path.refusal(unreadable(error))
  }
}

function saidText(value: object): string | null {
  const { toString } = value as { toString?: unknown }
  if (typeof toString !== 'function' || toString === Object.prototype.toString) return null
  // oxlint-disable-next-line typescript/no-base-to-string -- it has a toString of its own
  const text = String(value)
  // Objects of another realm have another `Object.prototype`.
  return text === '[object Object]' ? null : text
}

function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
  return escaped.includes("'") && !escaped.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`
}
