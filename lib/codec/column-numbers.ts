import type { ByteReader, ByteWriter } from './bytes.ts'

/** Bytes per integer. 0: all of them are the same, and it is written once. */
export type IntWidth = 0 | 1 | 2 | 4

/** The fewest bytes that hold each of the numbers. -0 is not an integer here, since it would come back as 0. */
export function widthOfInts(values: ArrayLike<unknown>, count: number): IntWidth | 'not-integers' | 'not-numbers' {
  let min = 0x7fffffff
  let max = -0x80000000
  let integers = true
  for (let i = 0; i < count; i++) {
    const value = values[i]
    if (typeof value !== 'number') return 'not-numbers'
    if ((value | 0) !== value || (value === 0 && Object.is(value, -0))) integers = false
    if (value < min) min = value
    if (value > max) max = value
  }
  if (!integers) return 'not-integers'
  if (min === max) return 0
  if (min >= -0x80 && max < 0x80) return 1
  return min >= -0x8000 && max < 0x8000 ? 2 : 4
}

export function writeInts(w: ByteWriter, values: ArrayLike<number>, count: number, width: IntWidth): void {
  w.u8(width)
  if (width === 0) return w.i32(count > 0 ? values[0] : 0)
  const memory = width === 1 ? new Int8Array(count) : width === 2 ? new Int16Array(count) : new Int32Array(count)
  for (let i = 0; i < count; i++) memory[i] = values[i]
  w.memory(memory)
}

type Ints = Int8Array | Int16Array | Int32Array

export function readInts(r: ByteReader, count: number): Ints {
  const width = r.u8()
  switch (width) {
    case 0:
      return new Int32Array(count).fill(r.i32())
    case 1:
      return new Int8Array(memoryOf(r, count))
    case 2:
      return new Int16Array(memoryOf(r, 2 * count))
    case 4:
      return new Int32Array(memoryOf(r, 4 * count))
    default:
      return r.corrupt(`integers cannot be ${width} bytes wide`)
  }
}

export function writeFloats(w: ByteWriter, values: ArrayLike<number>, count: number): void {
  if (values instanceof Float64Array) return w.memory(values.subarray(0, count))
  const memory = new Float64Array(count)
  for (let i = 0; i < count; i++) memory[i] = values[i]
  w.memory(memory)
}

export const readFloats = (r: ByteReader, count: number): Float64Array => new Float64Array(memoryOf(r, 8 * count))

/** A copy: numbers in a blob are not aligned. */
const memoryOf = (r: ByteReader, size: number): ArrayBuffer => r.raw(size).buffer

// Twice the same loop: V8 remembers for each place in the code whether the arrays made there held doubles.

export function plainInts(ints: Ints): number[] {
  const plain: number[] = new Array(ints.length)
  for (let i = 0; i < ints.length; i++) plain[i] = ints[i]
  return plain
}

export function plainFloats(floats: Float64Array): number[] {
  const plain: number[] = new Array(floats.length)
  for (let i = 0; i < floats.length; i++) plain[i] = floats[i]
  return plain
}
