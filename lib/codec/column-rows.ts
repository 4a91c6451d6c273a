import { types } from 'node:util'

/** Rows turned into columns: of tuples by position, of records by name. */
export interface RowColumns {
  readonly names: readonly string[] | null
  readonly columns: readonly (readonly unknown[])[]
}

/** Wider tuples are written one by one. */
const TUPLE_MAX = 8
const RECORD_MAX = 64

/**
 * Null unless all rows are arrays of one length without holes, or all are plain objects with the same properties in the
 * same order.
 */
export function rowColumns(rows: ArrayLike<unknown>, count: number): RowColumns | null {
  const first = rows[0]
  try {
    return Array.isArray(first)
      ? tupleColumns(rows, count, first.length)
      : recordColumns(rows, count, Object.keys(first as object))
  } catch {
    // A getter threw. Writing value by value finds it again, and says where it is.
    return null
  }
}

function tupleColumns(rows: ArrayLike<unknown>, count: number, width: number): RowColumns | null {
  if (width === 0 || width > TUPLE_MAX) return null
  for (let i = 0; i < count; i++) if (!isTuple(rows[i], width)) return null
  const columns: unknown[][] = []
  for (let j = 0; j < width; j++) {
    const column: unknown[] = new Array(count)
    for (let i = 0; i < count; i++) column[i] = (rows[i] as unknown[])[j]
    columns.push(column)
  }
  return { names: null, columns }
}

function isTuple(row: unknown, width: number): boolean {
  if (
    !Array.isArray(row) ||
    row.length !== width ||
    Object.getPrototypeOf(row) !== Array.prototype ||
    types.isProxy(row)
  )
    return false
  for (let j = 0; j < width; j++) if (row[j] === undefined && !(j in row)) return false
  return true
}

function recordColumns(rows: ArrayLike<unknown>, count: number, names: readonly string[]): RowColumns | null {
  // `object.__proto__ = x` would set the prototype on the way back.
  if (names.length > RECORD_MAX || names.includes('__proto__')) return null
  for (let i = 0; i < count; i++) if (!isRecord(rows[i], names)) return null
  const columns = names.map((name) => {
    const column: unknown[] = new Array(count)
    for (let i = 0; i < count; i++) column[i] = (rows[i] as Record<string, unknown>)[name]
    return column
  })
  return { names, columns }
}

function isRecord(row: unknown, names: readonly string[]): boolean {
  if (typeof row !== 'object' || row === null || Object.getPrototypeOf(row) !== Object.prototype || types.isProxy(row))
    return false
  const own = Object.keys(row)
  if (own.length !== names.length) return false
  for (let j = 0; j < own.length; j++) if (own[j] !== names[j]) return false
  return true
}

export function tuplesOf(columns: readonly (readonly unknown[])[], count: number): unknown[][] {
  const rows: unknown[][] = new Array(count)
  const [a, b] = columns
  if (columns.length === 2) for (let i = 0; i < count; i++) rows[i] = [a[i], b[i]]
  else for (let i = 0; i < count; i++) rows[i] = columns.map((column) => column[i])
  return rows
}

export function recordsOf(names: readonly string[], columns: readonly (readonly unknown[])[], count: number): object[] {
  // A copy of a template has the shape of its class at once, where adding properties one by one would walk through all
  // shapes between.
  const template: Record<string, unknown> = {}
  for (const name of names) template[name] = undefined
  const rows: Record<string, unknown>[] = new Array(count)
  for (let i = 0; i < count; i++) rows[i] = { ...template }
  names.forEach((name, j) => {
    const column = columns[j]
    for (let i = 0; i < count; i++) rows[i][name] = column[i]
  })
  return rows
}
