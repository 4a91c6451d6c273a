import type { Bound, Dialect } from './dialect.ts'
import { quotedTable } from './statements.ts'
import type { SqlOptions } from './options.ts'

/**
 * What to type where a database has no table, or no column, that takes the rows of a sink: a statement that makes one.
 * Types are those of the first row's values. Nothing for statements of the user's own, or without a row.
 */
export function fittingTable<T, C extends readonly string[]>(
  dialect: Dialect,
  options: SqlOptions<T, C>,
  row: readonly Bound[] | undefined,
): string[] {
  if (options.statements !== undefined || row === undefined) return []
  const unique: readonly string[] = options.upsert?.key ?? []
  const columns = options.columns.map((column, i) => {
    const type = typeOf(row[i])
    return `${dialect.quote(column)} ${dialect.types[type === 'text' && unique.includes(column) ? 'key' : type]}`
  })
  const primary = unique.length === 0 ? [] : [`primary key (${unique.map(dialect.quote).join(', ')})`]
  const what = [...columns, ...primary].join(', ')
  return [`a table that fits: create table ${quotedTable(dialect, options.table)} (${what})`]
}

function typeOf(value: Bound | undefined): Exclude<keyof Dialect['types'], 'key'> {
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'real'
    case 'bigint':
      return 'integer'
    case 'boolean':
      return 'boolean'
    case 'object':
      return value === null ? 'text' : 'bytes'
    default:
      return 'text'
  }
}
