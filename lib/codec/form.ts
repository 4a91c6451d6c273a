import { types } from 'node:util'
import { messageOf } from '../model/errors.ts'
import { classCodecOf } from './class-codec.ts'

/**
 * What a value is to whoever shows it. Every value that state can hold has one of these forms, `none` excepted; so
 * text, Python text and JSON are each one complete `switch`.
 */
export type Form =
  /** `undefined`, and a hole of an array. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'bigint'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'date'; readonly iso: string }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** An array, or a typed array of numbers. */
  | { readonly kind: 'list'; readonly items: readonly unknown[] }
  | { readonly kind: 'set'; readonly items: readonly unknown[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [unknown, unknown])[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, unknown])[] }
  /** Shown as something else: what `toJSON`, a box or the codec of its class gives. */
  | { readonly kind: 'as'; readonly value: unknown }
  | { readonly kind: 'none'; readonly why: string }

export function formOf(value: unknown): Form {
  switch (typeof value) {
    case 'string':
      return { kind: 'string', value }
    case 'number':
      return { kind: 'number', value }
    case 'boolean':
      return { kind: 'boolean', value }
    case 'bigint':
      return { kind: 'bigint', value }
    case 'undefined':
      return { kind: 'missing' }
    case 'object':
      return value === null ? { kind: 'null' } : formOfReadable(value)
    default:
      return { kind: 'none', why: `is a ${typeof value}` }
  }
}

/** A getter, a `toJSON` or a proxy may throw whatever it likes. */
function formOfReadable(value: object): Form {
  try {
    return formOfObject(value)
  } catch (error) {
    return { kind: 'none', why: unreadable(error) }
  }
}

/** What is said of a value, or a part of it, that throws when somebody looks at it. */
export const unreadable = (error: unknown): string => `fails when it is read (${messageOf(error)})`

function formOfObject(value: object): Form {
  // `Array.from` makes holes `undefined`; `map` and spreading by index would leave them out.
  if (Array.isArray(value)) return { kind: 'list', items: Array.from(value as unknown[]) }
  // By what they are inside, so that those of another realm are known too.
  if (types.isMap(value)) return { kind: 'map', entries: [...value] }
  if (types.isSet(value)) return { kind: 'set', items: [...value] }
  if (types.isDate(value)) {
    const isValid = !Number.isNaN(value.getTime())
    return isValid ? { kind: 'date', iso: value.toISOString() } : { kind: 'none', why: 'is an invalid date' }
  }
  if (types.isAnyArrayBuffer(value)) return { kind: 'bytes', bytes: Buffer.from(value) }
  if (ArrayBuffer.isView(value)) return formOfView(value)
  if (types.isBoxedPrimitive(value)) return { kind: 'as', value: value.valueOf() }
  if (types.isPromise(value)) return { kind: 'none', why: 'is a promise' }
  if (value instanceof Unreadable) return { kind: 'none', why: value.why }
  return formOfInstance(value)
}

function formOfView(view: ArrayBufferView): Form {
  const isBytes = view instanceof DataView || types.isUint8Array(view) || types.isUint8ClampedArray(view)
  if (isBytes) return { kind: 'bytes', bytes: Buffer.from(view.buffer, view.byteOffset, view.byteLength) }
  return { kind: 'list', items: [...(view as Float64Array | BigInt64Array)] }
}

function formOfInstance(value: object): Form {
  const prototype: unknown = Object.getPrototypeOf(value)
  const named = classCodecOf(prototype)
  const { toJSON } = value as { toJSON?: unknown }
  if (typeof toJSON === 'function') return { kind: 'as', value: toJSON.call(value, '') as unknown }
  if (named) return { kind: 'as', value: named.codec.encode(value) }
  const entries = entriesOf(value)
  if (entries.length > 0 || prototype === null || isPlain(prototype)) return { kind: 'object', entries }
  return { kind: 'none', why: `is ${instanceOf(prototype)}, which shows no fields` }
}

/** A property that throws is among them as what has no form, so that an error can say which. */
const entriesOf = (value: object): [string, unknown][] =>
  Object.keys(value).map((name) => {
    try {
      return [name, (value as Record<string, unknown>)[name]]
    } catch (error) {
      return [name, new Unreadable(unreadable(error))]
    }
  })

class Unreadable {
  readonly why: string
  constructor(why: string) {
    this.why = why
  }
}

/** Whether it is the `Object.prototype` of this realm or of another. */
const isPlain = (prototype: unknown): boolean =>
  prototype === Object.prototype || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype!, 'valueOf'))

export function instanceOf(prototype: unknown): string {
  const constructor = (prototype as { constructor?: unknown }).constructor
  return typeof constructor === 'function' && constructor.name !== ''
    ? `an instance of ${constructor.name}`
    : 'an instance of a class without a name'
}
