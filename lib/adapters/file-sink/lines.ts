import { jsonText } from '../../codec/json-text.ts'
import { checkSettled } from '../../model/settled.ts'
import { badValue } from './bad-value.ts'

/** Each record as a line, with its end. */
export function linesOf<T>(records: readonly T[], format: 'text' | 'ndjson' | ((record: T) => string)): string {
  const lineOf = typeof format === 'function' ? format : format === 'text' ? textLine : jsonText
  return records.map((record, i) => `${checkedLine(lineOf(record, `record[${i}]`), `record[${i}]`)}\n`).join('')
}

function textLine(record: unknown, path: string): string {
  if (['string', 'number', 'boolean', 'bigint'].includes(typeof record)) return String(record)
  const found = record === null ? 'null' : `of type ${typeof record}`
  throw badValue(path, `is ${found}, and text needs strings or numbers`, ANOTHER_FORMAT)
}

function checkedLine(line: unknown, path: string): string {
  checkSettled(line, 'format')
  if (typeof line !== 'string') {
    const found = line === null ? 'null' : `a value of type ${typeof line}`
    throw badValue(path, `became no text but ${found}`, ANOTHER_FORMAT)
  }
  if (/[\n\r]/.test(line)) throw badValue(path, 'holds a line break, and would come back as two', ANOTHER_FORMAT)
  if (!line.isWellFormed()) throw badValue(path, 'holds half a surrogate pair, which has no UTF-8 form')
  return line
}

const ANOTHER_FORMAT = ["format: 'ndjson'", 'or give `format` a function that makes the line']
