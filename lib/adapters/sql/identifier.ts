import { SluiceError } from '../../model/errors.ts'

/**
 * A name of a table or column that can be quoted in every dialect without escaping. Taken exactly as written, upper
 * case and all.
 */
function checkedName(name: string, what: string): string {
  if (typeof name === 'string' && /^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name)) return name
  throw new SluiceError('E_SINK_NAME', `${JSON.stringify(name)} cannot be the name of a ${what}.`, {
    did: 'nothing was sent',
    next: ['use up to 63 letters, digits and underscores, not starting with a digit'],
  })
}

/** `table` or `schema.table`, in its parts. */
export const checkedTable = (name: string): readonly string[] => {
  const parts = String(name).split('.')
  if (parts.length > 2) return [checkedName(name, 'table')]
  return parts.map((part) => checkedName(part, 'table'))
}

export function checkedColumns(columns: readonly string[]): readonly string[] {
  if (columns.length === 0)
    throw new SluiceError('E_SINK_NAME', 'A sink needs at least one column.', { did: 'nothing was sent' })
  const seen = new Set(columns.map((column) => checkedName(column, 'column').toLowerCase()))
  if (seen.size < columns.length)
    throw new SluiceError('E_SINK_NAME', `A column is named twice: ${columns.join(', ')}.`, { did: 'nothing was sent' })
  return columns
}
