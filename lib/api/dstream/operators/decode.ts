import { fieldReader } from '../../../codec/json-fields.ts'
import { conforming, SCHEMA, type StandardSchema } from '../../../codec/standard-schema.ts'
import { messageOf, SluiceError } from '../../../model/errors.ts'
import { anything, checkOptions, flag, type RulesOf } from '../../../model/options.ts'
import { callerPlace } from '../../../model/place.ts'
import type { DStream } from '../dstream.ts'
import { narrowStream } from './narrow-stream.ts'

/** What `decodeCsv` takes. */
export interface CsvOptions {
  /** Between two cells: one character (default `,`). */
  readonly delimiter?: string
  /** Around a cell that holds a delimiter, and doubled within one (default `"`); `null`: no character does. */
  readonly quote?: string | null
  /** Lines that hold just the names of the columns are left out (default `false`). */
  readonly header?: boolean
}

const CSV_OPTIONS: RulesOf<CsvOptions & { readonly schema?: unknown }> = {
  delimiter: anything,
  quote: anything,
  header: flag,
  schema: SCHEMA,
}

/** What each line holds as JSON, as the schema has it; lines of nothing but white space hold nothing. */
export function decode<T>(stream: DStream<string>, schema?: StandardSchema<T>): DStream<T> {
  checkOptions('decode', { schema }, { schema: SCHEMA })
  const place = callerPlace()
  const f = (line: string): T => {
    const value = parsed(line, place)
    return schema ? conforming(value, schema, { place }) : (value as T)
  }
  return narrowStream(narrowStream(stream, { kind: 'filter', f: isNotBlank }), { kind: 'map', f })
}

/** Some fields of the JSON object on each line. */
export function fields(stream: DStream<string>, names: readonly string[]): DStream<Readonly<Record<string, unknown>>> {
  if (!areNames(names))
    throw badArgument('fields needs the names of the fields, each once.', "lines.fields('id', 'price')")
  const place = callerPlace()
  const read = fieldReader(names)
  const f = (line: string): Readonly<Record<string, unknown>> => {
    let row: ReturnType<typeof read>
    try {
      row = read(line)
    } catch (error) {
      throw undecodable(`A line is not JSON: ${messageOf(error)}.`, place)
    }
    if (row === null) throw undecodable('A line is no JSON object.', place)
    return row
  }
  return narrowStream(narrowStream(stream, { kind: 'filter', f: isNotBlank }), { kind: 'map', f })
}

/** The cells of each line by the names of their columns, as the schema has them. */
export function decodeCsv<T>(
  stream: DStream<string>,
  columns: readonly string[],
  options: CsvOptions & { readonly schema?: StandardSchema<T> },
): DStream<T> {
  checkOptions('decodeCsv', options, CSV_OPTIONS)
  const { delimiter = ',', quote = '"', header = false, schema } = options
  const place = callerPlace()
  checkFormat(columns, delimiter, quote)
  const title = columns.join('\0')
  const f = (line: string): T[] => {
    const cells = cellsOf(line, delimiter, quote)
    if (typeof cells === 'string') throw undecodable(cells, place)
    if (header && cells.join('\0') === title) return []
    if (cells.length !== columns.length)
      throw undecodable(`A line has ${cells.length} cells, and there are ${columns.length} columns.`, place)
    const row = Object.fromEntries(columns.map((column, i) => [column, cells[i]]))
    return [schema ? conforming(row, schema, { place }) : (row as T)]
  }
  return narrowStream(narrowStream(stream, { kind: 'filter', f: isNotBlank }), { kind: 'flatMap', f })
}

const isNotBlank = (line: string): boolean => line.charCodeAt(0) > SPACE || line.trim() !== ''

const SPACE = 32

function parsed(line: string, place: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw undecodable(`A line is not JSON: ${messageOf(error)}.`, place)
  }
}

const undecodable = (message: string, place: string): SluiceError =>
  new SluiceError('E_RECORD_DECODE', message, {
    where: { place },
    next: ["set such lines aside: app(…, { onError: 'dead-letter' })", 'leave them out with filter before'],
  })

/** RFC 4180, one line at a time: a cell holds no line break. A text says what is wrong. */
function cellsOf(line: string, delimiter: string, quote: string | null): string[] | string {
  // A line from a file of another system may keep half of its end.
  const end = line.endsWith('\r') ? line.length - 1 : line.length
  const cells: string[] = []
  for (let at = 0; ;) {
    if (quote === null || line[at] !== quote) {
      const found = line.indexOf(delimiter, at)
      const stop = found < 0 || found > end ? end : found
      cells.push(line.slice(at, stop))
      if (stop === end) return cells
      at = stop + 1
      continue
    }
    let cell = ''
    let from = at + 1
    for (;;) {
      const close = line.indexOf(quote, from)
      if (close < 0) return 'A line has a quote that is not closed: a cell cannot hold a line break.'
      cell += line.slice(from, close)
      from = close + 1
      if (line[from] !== quote) break
      cell += quote
      from++
    }
    cells.push(cell)
    if (from >= end) return cells
    if (line[from] !== delimiter) return 'A line has text behind a closing quote.'
    at = from + 1
  }
}

const areNames = (names: unknown): boolean =>
  Array.isArray(names) &&
  names.length > 0 &&
  names.every((name) => typeof name === 'string') &&
  new Set(names).size === names.length

function checkFormat(columns: readonly string[], delimiter: string, quote: string | null): void {
  if (!areNames(columns)) throw badArgument('decodeCsv needs the names of the columns, each once.')
  const isOne = (text: unknown): boolean =>
    typeof text === 'string' && text.length === 1 && text !== '\n' && text !== '\r'
  if (!isOne(delimiter) || (quote !== null && (!isOne(quote) || quote === delimiter)))
    throw badArgument('The delimiter and the quote of decodeCsv are one character each, and not the same.')
}

const badArgument = (message: string, next = "lines.decodeCsv(['name', 'price'], { delimiter: ';' })"): SluiceError =>
  new SluiceError('E_ARGUMENT', message, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: [next],
  })
