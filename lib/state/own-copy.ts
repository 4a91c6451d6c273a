import { ByteWriter } from '../codec/bytes.ts'
import { classCodecOf } from '../codec/class-codec.ts'
import { writeValue } from '../codec/value.ts'

/**
 * The value if it is a primitive, else a copy that nobody else holds. A function may change what it is given and return
 * it, as it may in Spark, where what is kept is kept as bytes; so what is kept here is never what a function gets.
 * Throws what writing the value throws.
 */
export function ownCopy<T>(value: T): T
export function ownCopy(value: unknown): unknown {
  // So short that it is inlined: most values are numbers and text, and windows ask for each.
  return typeof value !== 'object' || value === null ? value : copyOf(value)
}

function copyOf(value: object): unknown {
  if (Array.isArray(value)) return value.map(ownCopy)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return copyOfObject(value, prototype)
  const named = classCodecOf(prototype)
  return named ? named.codec.decode(ownCopy(named.codec.encode(value))) : copyOfBuiltIn(value)
}

function copyOfObject(value: object, prototype: object | null): object {
  const copy = (prototype ? {} : Object.create(null)) as Record<string, unknown>
  for (const name of Object.keys(value)) {
    const own = ownCopy((value as Record<string, unknown>)[name])
    // An assignment would change the prototype.
    if (name === '__proto__')
      Object.defineProperty(copy, name, { value: own, writable: true, enumerable: true, configurable: true })
    else copy[name] = own
  }
  return copy
}

function copyOfBuiltIn(value: object): unknown {
  try {
    return structuredClone(value)
  } catch (error) {
    // Its writer names what is wrong with it, here as everywhere.
    writeValue(new ByteWriter(), value)
    throw error
  }
}

/** A copy, or the value itself where it is none that could be stored: such a record never leaves its task. */
export function copyIfStorable<T>(value: T): T {
  try {
    return ownCopy(value)
  } catch {
    return value
  }
}

/** Whether two values are stored as the same bytes. */
export function sameBytes(a: unknown, b: unknown): boolean {
  const [one, other] = [new ByteWriter(), new ByteWriter()]
  writeValue(one, a)
  writeValue(other, b)
  return one.bytes.subarray(0, one.length).equals(other.bytes.subarray(0, other.length))
}
