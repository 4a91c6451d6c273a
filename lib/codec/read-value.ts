import type { ByteReader } from './bytes.ts'
import { classCodecNamed } from './class-codec.ts'
import { recentName } from './recent-names.ts'
import {
  DEPTH_MAX,
  MEMORY_TYPES,
  TAG_ARRAY,
  TAG_ASCII,
  TAG_BIGINT,
  TAG_CLASS,
  TAG_DATE,
  TAG_DOUBLE,
  TAG_FALSE,
  TAG_INT,
  TAG_MAP,
  TAG_MEMORY,
  TAG_NULL,
  TAG_NULL_OBJECT,
  TAG_OBJECT,
  TAG_SET,
  TAG_SPARSE_ARRAY,
  TAG_TRUE,
  TAG_UNDEFINED,
  TAG_UTF16,
  TAG_UTF8,
} from './tags.ts'

/**
 * One value as `writeValue` wrote it. Throws `E_BLOB_TRUNCATED` or `E_BLOB_CORRUPT`, and `E_CLASS_CODEC` for a class
 * unknown here.
 */
export const readValue = (r: ByteReader): unknown => valueAt(r, 0)

function valueAt(r: ByteReader, depth: number): unknown {
  const tag = r.u8()
  switch (tag) {
    case TAG_UNDEFINED:
      return undefined
    case TAG_NULL:
      return null
    case TAG_FALSE:
      return false
    case TAG_TRUE:
      return true
    case TAG_INT:
      return readInt(r)
    case TAG_DOUBLE:
      return r.f64()
    case TAG_BIGINT:
      return readBigint(r)
    case TAG_ASCII:
    case TAG_UTF8:
    case TAG_UTF16:
      return readText(r, tag)
    case TAG_DATE:
      return readDate(r)
    case TAG_MEMORY:
      return readMemory(r)
    default:
      return readNested(r, tag, depth)
  }
}

function readNested(r: ByteReader, tag: number, depth: number): unknown {
  if (depth >= DEPTH_MAX) return r.corrupt('values are nested too deep')
  switch (tag) {
    case TAG_ARRAY:
      return readArray(r, depth)
    case TAG_SPARSE_ARRAY:
      return readSparseArray(r, depth)
    case TAG_OBJECT:
      return readProperties(r, {}, depth)
    case TAG_NULL_OBJECT:
      return readProperties(r, Object.create(null) as Record<string, unknown>, depth)
    case TAG_MAP:
      return readMap(r, depth)
    case TAG_SET:
      return readSet(r, depth)
    case TAG_CLASS:
      return classCodecNamed(readText(r, r.u8())).codec.decode(valueAt(r, depth + 1))
    default:
      return r.corrupt(`${tag} is not the tag of a value`)
  }
}

function readInt(r: ByteReader): number {
  const zigzag = r.varint()
  return zigzag > 0xffffffff ? r.corrupt('an integer is out of range') : (zigzag >>> 1) ^ -(zigzag & 1)
}

function readText(r: ByteReader, tag: number): string {
  if (tag === TAG_ASCII) return r.latin1(r.count())
  if (tag === TAG_UTF8) return r.utf8()
  return tag === TAG_UTF16 ? r.ucs2(r.varint()) : r.corrupt('a name is not text')
}

function readBigint(r: ByteReader): bigint {
  const digits = r.latin1(r.count())
  if (!/^-?[0-9a-f]+$/.test(digits)) return r.corrupt('a bigint has other characters than digits')
  return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`)
}

function readDate(r: ByteReader): Date {
  const date = new Date(r.f64())
  return Number.isNaN(date.getTime()) ? r.corrupt('a date is out of range') : date
}

function readMemory(r: ByteReader): ArrayBuffer | ArrayBufferView {
  const type = MEMORY_TYPES[r.u8()]
  if (type === undefined) return r.corrupt('bytes are of an unknown type')
  const { buffer } = r.raw(r.count())
  if (type === ArrayBuffer) return buffer
  if (type === Buffer) return Buffer.from(buffer)
  if ('BYTES_PER_ELEMENT' in type && buffer.byteLength % type.BYTES_PER_ELEMENT !== 0)
    return r.corrupt('a typed array ends inside an element')
  return new (type as new (buffer: ArrayBuffer) => ArrayBufferView)(buffer)
}

function readArray(r: ByteReader, depth: number): unknown[] {
  const length = r.count()
  const array: unknown[] = []
  for (let i = 0; i < length; i++) array.push(valueAt(r, depth + 1))
  return array
}

function readSparseArray(r: ByteReader, depth: number): unknown[] {
  const length = r.varint()
  if (length > 0xffffffff) return r.corrupt('an array is too long')
  const array: unknown[] = []
  for (let left = r.count(); left > 0; left--) {
    const index = r.varint()
    if (index >= length) return r.corrupt('an element lies behind the end of its array')
    array[index] = valueAt(r, depth + 1)
  }
  return withLength(array, length)
}

/**
 * Setting `length` would allocate room for all of it; an element far out makes V8 keep the array as a dictionary
 * instead.
 */
function withLength(array: unknown[], length: number): unknown[] {
  if (array.length === length) return array
  array[length - 1] = undefined
  Reflect.deleteProperty(array, length - 1)
  return array
}

function readProperties(r: ByteReader, object: Record<string, unknown>, depth: number): Record<string, unknown> {
  for (let left = r.count(); left > 0; left--) {
    const name = readName(r)
    const value = valueAt(r, depth + 1)
    if (name === '__proto__')
      Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
    else object[name] = value
  }
  return object
}

/** Names repeat from object to object, so most of them are at hand already. */
function readName(r: ByteReader): string {
  const tag = r.u8()
  return tag === TAG_ASCII ? recentName(r, r.count()) : readText(r, tag)
}

function readMap(r: ByteReader, depth: number): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>()
  for (let left = r.count(); left > 0; left--) {
    const key = valueAt(r, depth + 1)
    map.set(key, valueAt(r, depth + 1))
  }
  return map
}

function readSet(r: ByteReader, depth: number): Set<unknown> {
  const set = new Set<unknown>()
  for (let left = r.count(); left > 0; left--) set.add(valueAt(r, depth + 1))
  return set
}
