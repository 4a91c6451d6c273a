import { ByteReader, ByteWriter } from '../codec/bytes.ts'
import { classCodecOf } from '../codec/class-codec.ts'
import { MEMORY_TYPES } from '../codec/tags.ts'
import { readValue, writeValue } from '../codec/value.ts'

/**
 * The value if it is a primitive, else a copy that nobody else holds. A function may change what it is given and return
 * it, as it may in Spark, where what is kept is kept as bytes; so what is kept here is never what a function gets.
 * Throws what writing the value throws.
 */
export function ownCopy<T>(value: T): T
export function ownCopy(value: unknown): unknown {
  // So short that it is inlined: most values are numbers and text, and windows ask for each.
  return typeof value !== 'object' || value === null ? value : copyOf(value, ownCopy, stored)
}

/**
 * A copy, but for parts that could not be stored, such as instances of classes: those are handed on as they are. A
 * record with such a part never leaves its task.
 */
export function copyIfStorable<T>(value: T): T
export function copyIfStorable(value: unknown): unknown {
  return typeof value !== 'object' || value === null ? value : copyIfPossible(value)
}

function copyIfPossible(value: object): unknown {
  try {
    return copyOf(value, partIfStorable, asItIs)
  } catch {
    return value
  }
}

/** Copies a part of a value. */
type Copy = (part: unknown) => unknown

const partIfStorable: Copy = (part) =>
  typeof part !== 'object' || part === null ? part : copyOf(part, partIfStorable, asItIs)

/** `other` copies what is neither an array nor an object, map or set of parts. */
function copyOf(value: object, part: Copy, other: (value: object) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => part(each))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return copyOfObject(value, prototype, part)
  if (prototype === Map.prototype)
    return new Map(Array.from(value as Map<unknown, unknown>, ([key, each]) => [part(key), part(each)]))
  if (prototype === Set.prototype) return new Set(Array.from(value as Set<unknown>, (each) => part(each)))
  if (prototype === Date.prototype) return new Date((value as Date).getTime())
  const named = classCodecOf(prototype)
  return named ? named.codec.decode(part(named.codec.encode(value))) : other(value)
}

function copyOfObject(value: object, prototype: object | null, part: Copy): object {
  const copy = (prototype ? {} : Object.create(null)) as Record<string, unknown>
  for (const name of Object.keys(value)) {
    const own = part((value as Record<string, unknown>)[name])
    // An assignment would change the prototype.
    if (name === '__proto__')
      Object.defineProperty(copy, name, { value: own, writable: true, enumerable: true, configurable: true })
    else copy[name] = own
  }
  return copy
}

/** Through the form in which it is stored. The writer refuses what has none, here as everywhere, and names it. */
function stored(value: object): unknown {
  const writer = new ByteWriter()
  writeValue(writer, value)
  return readValue(new ByteReader(writer.bytes.subarray(0, writer.length), 'a copy'))
}

const memory: ReadonlySet<unknown> = new Set(MEMORY_TYPES.map(({ prototype }) => prototype))

const asItIs = (value: object): unknown => (memory.has(Object.getPrototypeOf(value)) ? stored(value) : value)

/** Whether two values are stored as the same bytes. */
export function sameBytes(a: unknown, b: unknown): boolean {
  const [one, other] = [new ByteWriter(), new ByteWriter()]
  writeValue(one, a)
  writeValue(other, b)
  return one.bytes.subarray(0, one.length).equals(other.bytes.subarray(0, other.length))
}
