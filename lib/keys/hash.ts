import { checkNesting, KIND_ARRAY, KIND_BYTES, KIND_DATE, KIND_OBJECT, kindOf } from './kind.ts'

/**
 * The 32-bit hash of a grouping key, the same in every process. Equal keys (see `sameKey`) have equal hashes: 1 is not
 * "1", -0 is 0, NaN is one key, arrays and plain objects count by structure, dates by time, bytes by content. `null`
 * hashes to 0, so that it lands in partition 0 as in Spark's `HashPartitioner`. Throws `E_KEY` for what cannot be a
 * key.
 */
export const hashKey = (key: unknown): number => hashBits(key) >>> 0

/** The same 32 bits as a signed integer, which V8 never has to box. For inner loops. */
export function hashBits(key: unknown): number {
  if (typeof key === 'string') return hashString(key)
  if (typeof key === 'number') return hashNumber(key)
  return hashOther(key, 0)
}

// Seeds keep the types apart. Zero is left to null alone.
const SEED_STRING = 0x811c9dc5 | 0
const SEED_NUMBER = 0x2545f491
const SEED_BIGINT = 0x6a09e667
const SEED_DATE = 0x3c6ef372
const SEED_BYTES = 0x1f83d9ab
const SEED_ARRAY = 0x5be0cd19
const SEED_OBJECT = 0x510e527f
const HASH_UNDEFINED = 0x47f1a2b3
const HASH_TRUE = 0x71c32d95
const HASH_FALSE = 0x2c1b3c6d

// FNV-1a over code units; the finaliser of murmur3 then moves every bit into every other, since groups use the high
// bits and tables the low.
function hashString(text: string): number {
  let hash = SEED_STRING
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mixed(hash)
}

function mixed(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

const f64 = new Float64Array(1)
const f64Words = new Int32Array(f64.buffer)

function hashNumber(value: number): number {
  // -0 | 0 is 0 and equals -0, so both zeros take this way.
  if ((value | 0) === value) return mixed(SEED_NUMBER ^ value)
  f64[0] = Number.isNaN(value) ? NaN : value
  return mixed(combine(combine(SEED_NUMBER, f64Words[0]), f64Words[1]))
}

/** Order matters: `combine(combine(h, a), b)` differs from `combine(combine(h, b), a)`. */
function combine(hash: number, next: number): number {
  hash = Math.imul(hash ^ next, 0x9e3779b1)
  return (hash << 13) | (hash >>> 19)
}

function hashNested(value: unknown, depth: number): number {
  if (typeof value === 'string') return hashString(value)
  if (typeof value === 'number') return hashNumber(value)
  return hashOther(value, depth)
}

function hashOther(value: unknown, depth: number): number {
  if (value === null) return 0
  switch (typeof value) {
    case 'undefined':
      return HASH_UNDEFINED
    case 'boolean':
      return value ? HASH_TRUE : HASH_FALSE
    case 'bigint':
      return mixed(combine(SEED_BIGINT, hashString(value.toString(36))))
    default:
      return hashStructure(value, depth)
  }
}

function hashStructure(value: unknown, depth: number): number {
  checkNesting(depth)
  switch (kindOf(value)) {
    case KIND_ARRAY:
      return hashArray(value as unknown[], depth)
    case KIND_DATE:
      return mixed(combine(SEED_DATE, hashNumber((value as Date).getTime())))
    case KIND_BYTES:
      return hashBytes(value as Uint8Array)
    case KIND_OBJECT:
      return hashObject(value as Record<string, unknown>, depth)
  }
}

function hashArray(array: unknown[], depth: number): number {
  let hash = combine(SEED_ARRAY, array.length)
  for (let i = 0; i < array.length; i++) hash = combine(hash, hashNested(array[i], depth + 1))
  return mixed(hash)
}

// A sum does not depend on the order of the properties, which spares the sort.
function hashObject(object: Record<string, unknown>, depth: number): number {
  let hash = SEED_OBJECT
  for (const name of Object.keys(object)) {
    hash = (hash + mixed(combine(hashString(name), hashNested(object[name], depth + 1)))) | 0
  }
  return mixed(hash)
}

function hashBytes(bytes: Uint8Array): number {
  let hash = SEED_BYTES
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
  return mixed(hash)
}
