import { ROWS_MAX } from './column.ts'
import { recordsOf, type RowColumns, rowColumns, tuplesOf } from './column-rows.ts'

/**
 * Some records as they were when they were taken: text, numbers and the like, or tuples and objects of these. What
 * happens to the records that were given changes nothing of it.
 */
export interface PlainRows {
  /** The same records, made anew at each call: nobody else has them. */
  rows(): unknown[]
}

/**
 * `null` for records that hold anything else, or are not alike, or too many for one block. The array itself is kept, so
 * its owner must not change it; the records are not.
 */
export function plainRows(records: readonly unknown[]): PlainRows | null {
  if (records.length > ROWS_MAX) return null
  if (isPlainColumn(records)) return valuesOf(records)
  const rows = rowColumns(records, records.length)
  return rows !== null && rows.columns.every(isPlainColumn) ? rowsOf(rows, records.length) : null
}

/** The same of pairs that lie in columns. */
export function plainPairs(keys: readonly unknown[], values: readonly unknown[]): PlainRows | null {
  if (values.length > ROWS_MAX || !isPlainColumn(keys) || !isPlainColumn(values)) return null
  return rowsOf({ names: null, columns: [keys, values] }, values.length)
}

const valuesOf = (values: readonly unknown[]): PlainRows => ({ rows: () => values.slice() })

/** A function of its own: one that is made where the records are known would keep them all alive. */
const rowsOf = ({ names, columns }: RowColumns, count: number): PlainRows => ({
  rows: () => (names === null ? tuplesOf(columns, count) : recordsOf(names, columns, count)),
})

function isPlainColumn(values: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i++) if (!isPlain(values[i])) return false
  return true
}

function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case 'object':
      return value === null
    case 'function':
    case 'symbol':
      return false
    default:
      return true
  }
}
