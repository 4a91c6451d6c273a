import { createHash } from 'node:crypto'
import { ByteWriter } from '../../codec/bytes.ts'
import { writeValue } from '../../codec/value.ts'

/**
 * What an output was given, row by row as text that tells all values apart; in any order, because no sink may rely on
 * one.
 */
export const rowsText = (rows: readonly unknown[], what: string): string[] =>
  rows.map((row) => valueText(row, what)).sort()

export function valueText(value: unknown, what: string): string {
  const w = new ByteWriter()
  writeValue(w, value, what)
  return Buffer.from(w.copy()).toString('latin1')
}

export const digest = (rows: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(rows)).digest('base64')

/** `2 rows are missing, 1 too many`; null when there is no difference. Says nothing of what the rows hold. */
export function difference(expected: readonly string[], found: readonly string[], one = 'row'): string | null {
  const missing = without(expected, found)
  const extra = without(found, expected)
  if (missing + extra === 0) return null
  return `${missing} ${one}${missing === 1 ? ' is' : 's are'} missing, ${extra} too many`
}

function without(rows: readonly string[], others: readonly string[]): number {
  const left = new Map<string, number>()
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1)
  let count = 0
  for (const row of rows) {
    const known = left.get(row) ?? 0
    if (known === 0) count++
    else left.set(row, known - 1)
  }
  return count
}
