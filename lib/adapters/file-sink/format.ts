import { SluiceError } from '../../model/errors.ts'
import { type FileCompression, packings } from './compression.ts'
import { csvOf } from './csv.ts'
import { linesOf } from './lines.ts'
import { type ColumnType, loadParquet, parquetOf } from './parquet.ts'
import { tableOf } from './table.ts'

/** What `files` takes about the inside of files. */
export interface FileFormat<T> {
  /**
   * `text`: each string, number, boolean or bigint as a line. `ndjson`: each record as a line of JSON. `csv` and
   * `parquet`: each record as a row; a tuple has the columns `_1`, `_2` and so on, a single value the column `value`.
   * Or a function that makes the line, without its end. Parquet needs the package `hyparquet-writer`.
   */
  readonly format: 'text' | 'ndjson' | 'csv' | 'parquet' | ((record: T) => string)
  /**
   * How files are packed (default `none`; for Parquet `snappy`, which it alone has). Lines become `.gz` or `.zst`; in
   * Parquet the pages are packed.
   */
  readonly compression?: FileCompression
  /**
   * `csv` and `parquet`: the columns in their order, for Parquet with their types: `{ page: 'string', ms: 'long' }`.
   * Fields that are not among them are left out. Without it the columns are those that the records of a file have, and
   * types follow from the values.
   */
  readonly columns?: readonly string[] | Readonly<Record<string, ColumnType>>
  /** `csv`: whether each file begins with the names of its columns (default true). */
  readonly header?: boolean
}

/** Makes the bytes of a file: the same records always give the same bytes. */
interface FileEncoder<T> {
  /** What names end in, without the dot. */
  readonly extension: string
  /** Loads what it needs. */
  ready(): Promise<unknown>
  /** Throws `E_SINK_VALUE`. */
  encode(records: readonly T[]): Promise<Uint8Array>
}

/** Throws `E_SINK_FORMAT` for options that do not go together. */
export function fileEncoder<T>(options: FileFormat<T>): FileEncoder<T> {
  checkChoices(options)
  const { format, columns, header = true } = options
  const names = columns === undefined ? null : Array.isArray(columns) ? (columns as string[]) : Object.keys(columns)
  checkColumns(options, names)
  if (format === 'parquet') {
    const given = new Map(columns === undefined || Array.isArray(columns) ? [] : Object.entries(columns))
    const compression = options.compression ?? 'snappy'
    return {
      extension: 'parquet',
      ready: loadParquet,
      encode: (records) => parquetOf(tableOf(records, names), given as ReadonlyMap<string, ColumnType>, compression),
    }
  }
  const { compression = 'none' } = options
  if (compression === 'snappy') throw wrong('Snappy packs pages of Parquet only.', ["compression: 'gzip' or 'zstd'"])
  const { extension, pack } = packings[compression]
  const textOf = (records: readonly T[]): string =>
    format === 'csv' ? csvOf(tableOf(records, names), header) : linesOf(records, format)
  return {
    extension: `${format === 'ndjson' || format === 'csv' ? format : 'txt'}${extension}`,
    ready: async () => {},
    encode: (records) => pack(Buffer.from(textOf(records))),
  }
}

const FORMATS: readonly unknown[] = ['text', 'ndjson', 'csv', 'parquet']
const COMPRESSIONS: readonly unknown[] = [undefined, 'snappy', ...Object.keys(packings)]

/** A program whose types nobody checks would find lines of JSON in place of what it has asked for. */
function checkChoices({ format, compression }: FileFormat<any>): void {
  if (typeof format !== 'function' && !FORMATS.includes(format))
    throw wrong(`${JSON.stringify(format) ?? 'undefined'} is no format of files.`, [
      "format: 'text', 'ndjson', 'csv' or 'parquet', or a function that makes the line",
    ])
  if (!COMPRESSIONS.includes(compression))
    throw wrong(`${JSON.stringify(compression)} is no way to pack files.`, ["compression: 'gzip' or 'zstd'"])
}

function checkColumns({ format, columns }: FileFormat<any>, names: readonly string[] | null): void {
  if (names === null) return
  if (format !== 'csv' && format !== 'parquet') throw wrong('Only csv and parquet have columns.', ["format: 'csv'"])
  if (names.length === 0 || new Set(names).size < names.length)
    throw wrong('There has to be a column, and none may be named twice.', ['correct `columns`'])
  if (format === 'csv' && !Array.isArray(columns))
    throw wrong('Columns of CSV have no types.', [`columns: ${JSON.stringify(names)}`])
}

const wrong = (why: string, next: readonly string[]): SluiceError =>
  new SluiceError('E_SINK_FORMAT', why, { did: 'nothing was written', next })
