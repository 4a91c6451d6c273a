/** The first byte of every encoded value. Written to disk: never change one, only add. */
export const TAG_UNDEFINED = 0
export const TAG_NULL = 1
export const TAG_FALSE = 2
export const TAG_TRUE = 3
/** A 32-bit integer as zigzag varint. */
export const TAG_INT = 4
export const TAG_DOUBLE = 5
/** Sign and digits in base 16, as ASCII. */
export const TAG_BIGINT = 6
export const TAG_ASCII = 7
export const TAG_UTF8 = 8
/** Text that UTF-8 cannot hold: half surrogate pairs. */
export const TAG_UTF16 = 9
export const TAG_DATE = 10
export const TAG_ARRAY = 11
/** An array with holes: length, number of elements, (index, value) each. */
export const TAG_SPARSE_ARRAY = 12
export const TAG_OBJECT = 13
export const TAG_NULL_OBJECT = 14
export const TAG_MAP = 15
export const TAG_SET = 16
export const TAG_MEMORY = 17
export const TAG_CLASS = 18

/** Levels of nesting that values may have. */
export const DEPTH_MAX = 200

/** Views of memory by their number in blobs: never change one, only add. */
export const MEMORY_TYPES = [
  ArrayBuffer,
  Uint8Array,
  Buffer,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
] as const
