import type { ByteReader, ByteWriter } from './bytes.ts'
import { plainFloats, plainInts, readFloats, readInts, widthOfInts, writeFloats, writeInts } from './column-numbers.ts'
import { recordsOf, rowColumns, tuplesOf } from './column-rows.ts'
import { CountedTexts, readTexts, writeCountedTexts, writeTexts } from './column-text.ts'
import { readValue, writeValue } from './value.ts'
import { pathTo, ValueWriter } from './write-value.ts'

// The first byte of a column. Written to disk: never change one, only add.
const VALUES = 0
const CONSTANT = 1
const INTS = 2
const FLOATS = 3
const BOOLEANS = 4
const TEXTS = 5
const TUPLES = 6
const RECORDS = 7

/** Rows inside rows become columns this many times; below, rows are written one by one. */
const NESTING_MAX = 8

/**
 * The most rows of a column: bounds what a damaged count can make a reader allocate where rows take no bytes of their
 * own.
 */
export const ROWS_MAX = 2 ** 24

/** Tuples that lie in columns, one for each place. */
export class Tuples {
  readonly columns: readonly (readonly unknown[])[]

  constructor(columns: readonly (readonly unknown[])[]) {
    this.columns = columns
  }
}

/** Values of a column: as they are, text that is bytes already, or tuples taken apart. All give the same bytes. */
export type Column = ArrayLike<unknown> | CountedTexts | Tuples

/** Where a row is, for errors. */
type PathOf = (row: number) => string

/**
 * Appends the first `count` values as one column, in the densest form that gives each of them back exactly: 32-bit
 * integers, doubles, booleans, latin1 text, one value repeated, arrays of one length and plain objects of one shape as
 * columns again, else value by value. Throws what `writeValue` throws, at `path[row]`.
 */
export function encodeColumn(w: ByteWriter, values: Column, count: number, path: string = 'values'): void {
  if (values instanceof CountedTexts) writeCounted(w, values, count)
  else if (values instanceof Tuples) writeTuples(w, values, count, path)
  else writeColumn(w, values, count, (row) => `${path}[${row}]`, 0)
}

/** The `count` values of a column. */
export function decodeColumn(r: ByteReader, count: number): unknown[]
/** With `numbers: 'typed'`, columns of numbers come as a `Float64Array`. */
export function decodeColumn(
  r: ByteReader,
  count: number,
  options: { readonly numbers: 'typed' },
): unknown[] | Float64Array
export function decodeColumn(
  r: ByteReader,
  count: number,
  options?: { readonly numbers: 'typed' },
): unknown[] | Float64Array {
  if (count > ROWS_MAX) return r.corrupt(`a column claims ${count} rows`)
  return readColumn(r, count, options !== undefined, 0)
}

function writeColumn(w: ByteWriter, values: ArrayLike<unknown>, count: number, pathOf: PathOf, depth: number): void {
  if (!writeDense(w, values, count, pathOf, depth)) writeSingly(w, values, count, pathOf, depth)
}

/** Texts that are no two alike, or a single one. */
function writeCounted(w: ByteWriter, texts: CountedTexts, count: number): void {
  if (count < 2)
    return writeSingly(
      w,
      Array.from({ length: count }, (_, i) => texts.textAt(i)),
      count,
      String,
      0,
    )
  w.u8(TEXTS)
  writeCountedTexts(w, texts, count)
}

function writeTuples(w: ByteWriter, { columns }: Tuples, count: number, path: string): void {
  if (count < 2) return writeColumn(w, tuplesOf(columns, count), count, (row) => `${path}[${row}]`, 0)
  w.u8(TUPLES)
  w.varint(columns.length)
  columns.forEach((column, j) => writeColumn(w, column, count, (row) => pathTo(`${path}[${row}]`, j), 1))
}

/** Whether one of the dense forms fits, and is written. */
function writeDense(w: ByteWriter, values: ArrayLike<unknown>, count: number, pathOf: PathOf, depth: number): boolean {
  if (count < 2) return false
  const first = values[0]
  if (isConstant(values, count)) {
    w.u8(CONSTANT)
    writeValue(w, first)
    return true
  }
  switch (typeof first) {
    case 'number':
      return writeNumbers(w, values, count)
    case 'string':
      return writeStrings(w, values, count)
    case 'boolean':
      return writeBooleans(w, values, count)
    case 'object':
      return first !== null && depth < NESTING_MAX && writeRows(w, values, count, pathOf, depth)
    default:
      return false
  }
}

function isConstant(values: ArrayLike<unknown>, count: number): boolean {
  const first = values[0]
  if ((typeof first === 'object' && first !== null) || typeof first === 'function' || typeof first === 'symbol')
    return false
  for (let i = 1; i < count; i++) if (!Object.is(values[i], first)) return false
  return true
}

function writeNumbers(w: ByteWriter, values: ArrayLike<unknown>, count: number): boolean {
  const width = widthOfInts(values, count)
  if (width === 'not-numbers') return false
  if (width === 'not-integers') {
    w.u8(FLOATS)
    writeFloats(w, values as ArrayLike<number>, count)
  } else {
    w.u8(INTS)
    writeInts(w, values as ArrayLike<number>, count, width)
  }
  return true
}

function writeStrings(w: ByteWriter, values: ArrayLike<unknown>, count: number): boolean {
  const start = w.length
  w.u8(TEXTS)
  if (writeTexts(w, values, count)) return true
  w.length = start
  return false
}

function writeBooleans(w: ByteWriter, values: ArrayLike<unknown>, count: number): boolean {
  for (let i = 0; i < count; i++) if (typeof values[i] !== 'boolean') return false
  w.u8(BOOLEANS)
  const at = w.reserve(count)
  for (let i = 0; i < count; i++) w.bytes[at + i] = values[i] === true ? 1 : 0
  w.length = at + count
  return true
}

function writeRows(w: ByteWriter, values: ArrayLike<unknown>, count: number, pathOf: PathOf, depth: number): boolean {
  const rows = rowColumns(values, count)
  if (rows === null) return false
  w.u8(rows.names === null ? TUPLES : RECORDS)
  w.varint(rows.columns.length)
  for (const name of rows.names ?? []) writeValue(w, name)
  rows.columns.forEach((column, j) =>
    writeColumn(w, column, count, (row) => pathTo(pathOf(row), rows.names?.[j] ?? j), depth + 1),
  )
  return true
}

function writeSingly(w: ByteWriter, values: ArrayLike<unknown>, count: number, pathOf: PathOf, depth: number): void {
  w.u8(VALUES)
  let row = 0
  const writer = new ValueWriter(w, () => pathOf(row), depth)
  for (; row < count; row++) writer.write(values[row])
}

function readColumn(r: ByteReader, count: number, typed: boolean, depth: number): unknown[] | Float64Array {
  const kind = r.u8()
  switch (kind) {
    case VALUES:
      return readSingly(r, count)
    case CONSTANT:
      return readConstant(r, count, typed)
    case INTS:
      return typed ? new Float64Array(readInts(r, count)) : plainInts(readInts(r, count))
    case FLOATS:
      return typed ? readFloats(r, count) : plainFloats(readFloats(r, count))
    case BOOLEANS:
      return readBooleans(r, count)
    case TEXTS:
      return readTexts(r, count)
    case TUPLES:
      return readTuples(r, count, depth)
    case RECORDS:
      return readRecords(r, count, depth)
    default:
      return r.corrupt(`${kind} is not the kind of a column`)
  }
}

function readSingly(r: ByteReader, count: number): unknown[] {
  if (count > r.remaining) r.take(count)
  const values: unknown[] = new Array(count)
  for (let i = 0; i < count; i++) values[i] = readValue(r)
  return values
}

function readConstant(r: ByteReader, count: number, typed: boolean): unknown[] | Float64Array {
  const value = readValue(r)
  return typed && typeof value === 'number'
    ? new Float64Array(count).fill(value)
    : new Array<unknown>(count).fill(value)
}

function readBooleans(r: ByteReader, count: number): boolean[] {
  const at = r.take(count)
  const values: boolean[] = new Array(count)
  for (let i = 0; i < count; i++) values[i] = r.bytes[at + i] !== 0
  return values
}

function readTuples(r: ByteReader, count: number, depth: number): unknown[][] {
  return tuplesOf(readColumns(r, r.count(), count, depth), count)
}

function readRecords(r: ByteReader, count: number, depth: number): object[] {
  const names = Array.from({ length: r.count() }, () => nameOf(r))
  if (names.includes('__proto__')) r.corrupt('records cannot set a prototype')
  return recordsOf(names, readColumns(r, names.length, count, depth), count)
}

function nameOf(r: ByteReader): string {
  const name = readValue(r)
  return typeof name === 'string' ? name : r.corrupt('a field has a name that is no text')
}

function readColumns(r: ByteReader, columns: number, count: number, depth: number): unknown[][] {
  if (depth >= NESTING_MAX) r.corrupt('columns are nested too deep')
  const read: unknown[][] = []
  for (let j = 0; j < columns; j++) read.push(readColumn(r, count, false, depth + 1) as unknown[])
  return read
}
