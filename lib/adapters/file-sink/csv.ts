import { formOf } from '../../codec/form.ts'
import { badValue } from './bad-value.ts'
import { pathOf, type Table } from './table.ts'

/**
 * A table as RFC 4180 has it, lines ending in `\n`. A missing value is nothing between its commas and an empty text is
 * `""`, so that they stay two.
 */
export function csvOf({ columns, rows }: Table, header: boolean): string {
  const lines = rows.map((row, i) => row.map((value, at) => cellOf(value, () => pathOf(i, columns[at]!))).join(','))
  if (header) lines.unshift(columns.map((name) => textCell(name, () => `the column ${name}`)).join(','))
  return lines.map((line) => `${line}\n`).join('')
}

function cellOf(value: unknown, path: () => string): string {
  const form = formOf(value)
  switch (form.kind) {
    case 'missing':
    case 'null':
      return ''
    case 'boolean':
    case 'number':
    case 'bigint':
      return String(form.value)
    case 'string':
      return textCell(form.value, path)
    case 'date':
      return form.iso
    case 'bytes':
      return textCell(form.bytes.toString('base64'), path)
    case 'as':
      return cellOf(form.value, path)
    case 'none':
      throw badValue(path(), form.why)
    default:
      throw badValue(path(), `is ${nested[form.kind]}, and a cell of CSV holds one value`, ["format: 'ndjson'"])
  }
}

const nested = { list: 'an array', set: 'a set', map: 'a map', object: 'an object' } as const

/** Quoted where a reader would take it for something else, or trim it. */
function textCell(text: string, path: () => string): string {
  if (!text.isWellFormed()) throw badValue(path(), 'holds half a surrogate pair, which has no UTF-8 form')
  return text === '' || /[",\n\r]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
