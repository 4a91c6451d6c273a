import { formOf } from '../../codec/form.ts'
import { badValue } from './bad-value.ts'

/** Records as a table: the names of the columns, and the values of each record in their order. */
export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

/**
 * The columns that were given, or all that the records have, in order of appearance. Values that a record lacks are
 * `undefined`; a tuple or a single value has to fit the columns that were given.
 */
export function tableOf(records: readonly unknown[], given: readonly string[] | null): Table {
  const found = records.map(fieldsOf)
  const columns = given ?? [...new Set(found.flatMap(({ fields }) => [...fields.keys()]))]
  if (columns.length === 0) throw badValue('record[0]', 'has no fields', ["format: 'ndjson'"])
  return { columns, rows: found.map((record, i) => rowOf(record, columns, given !== null, i)) }
}

interface Fields {
  readonly fields: ReadonlyMap<string, unknown>
  /** Whether its fields go by their places, and not by names of their own. */
  readonly isPlaced: boolean
}

/** Columns of tuples are `_1`, `_2` and so on, as in Spark, and that of a single value is `value`. */
function fieldsOf(record: unknown): Fields {
  const form = formOf(record)
  switch (form.kind) {
    case 'as':
      return fieldsOf(form.value)
    case 'object':
      return { fields: new Map(form.entries), isPlaced: false }
    case 'list':
      return { fields: new Map(form.items.map((item, i) => [`_${i + 1}`, item])), isPlaced: true }
    default:
      return { fields: new Map([['value', record]]), isPlaced: true }
  }
}

function rowOf({ fields, isPlaced }: Fields, columns: readonly string[], isGiven: boolean, i: number): unknown[] {
  if (!isGiven || !isPlaced) return columns.map((name) => fields.get(name))
  if (fields.size === columns.length) return [...fields.values()]
  throw badValue(`record[${i}]`, `has ${fields.size} values for ${columns.length} columns`)
}

/** `record[3].price`. */
export const pathOf = (row: number, column: string): string =>
  /^[A-Za-z_]\w*$/.test(column) ? `record[${row}].${column}` : `record[${row}][${JSON.stringify(column)}]`
