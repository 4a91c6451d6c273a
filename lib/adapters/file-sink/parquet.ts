import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { SchemaElement } from 'hyparquet-writer'
import { type Form, formOf } from '../../codec/form.ts'
import { jsonText } from '../../codec/json-text.ts'
import { loadPeer } from '../../output/peer.ts'
import { badValue } from './bad-value.ts'
import type { FileCompression } from './compression.ts'
import { pathOf, type Table } from './table.ts'

/** What a column of a Parquet file holds, by Spark's names. In every column values may be missing. */
export type ColumnType = 'string' | 'double' | 'int' | 'long' | 'boolean' | 'timestamp' | 'binary' | 'json'

/** Types by column, as given; a column without one is inferred. */
type GivenTypes = ReadonlyMap<string, ColumnType>

export const loadParquet = () => loadPeer('hyparquet-writer', () => import('hyparquet-writer'))

/**
 * One Parquet file. A type that is not given follows from the values, which must agree; a column without any value is
 * left out, because its type in other files is not known. Throws `E_SINK_VALUE` with the path.
 */
export async function parquetOf(table: Table, given: GivenTypes, compression: FileCompression): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await loadParquet()
  const columns = table.columns.flatMap((name, at) => columnOf(table, name, at, given.get(name)) ?? [])
  if (columns.length === 0)
    throw badValue('record[0]', 'has no value in any column', ['give `columns` with their types'])
  const schema: SchemaElement[] = [{ name: 'root', num_children: columns.length }, ...columns.map(elementOf)]
  const columnData = columns.map(({ name, data }) => ({ name, data }))
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, codec: codecs[compression], compressors }))
}

interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly data: unknown[]
}

function columnOf({ rows }: Table, name: string, at: number, given: ColumnType | undefined): Column | null {
  const forms = rows.map((row) => plainForm(row[at]))
  const first = forms.find((form) => !isMissing(form))
  const type = given ?? (first && typeOf[first.kind])
  if (type === undefined) return null
  const data = forms.map((form, i) => {
    if (isMissing(form)) return null
    const stored = form.kind === 'none' ? { why: form.why } : stores[type](form, rows[i]![at])
    if (!(typeof stored === 'object' && 'why' in stored)) return stored
    throw badValue(pathOf(i, name), stored.why, given ? [] : ['give `columns` with their types'])
  })
  return { name, type, data }
}

const isMissing = ({ kind }: Form): boolean => kind === 'missing' || kind === 'null'

/** Boxed values and instances with a codec count as what they are shown as. */
function plainForm(value: unknown): Form {
  const form = formOf(value)
  return form.kind === 'as' ? plainForm(form.value) : form
}

/** Numbers are `double` even where all are whole: other files may hold fractions, and all have to have one schema. */
const typeOf: Readonly<Record<Form['kind'], ColumnType | undefined>> = {
  missing: undefined,
  null: undefined,
  none: 'string',
  as: undefined,
  string: 'string',
  number: 'double',
  bigint: 'long',
  boolean: 'boolean',
  date: 'timestamp',
  bytes: 'binary',
  list: 'json',
  set: 'json',
  map: 'json',
  object: 'json',
}

/** What is stored of a value, or why it cannot be. */
type Stored = string | number | bigint | boolean | Uint8Array | Date | { readonly why: string }

const isNot = (type: ColumnType, { kind }: Form): Stored => ({ why: `is of kind ${kind}, and the column is ${type}` })

const stores: Readonly<Record<ColumnType, (form: Form, value: unknown) => Stored>> = {
  string: (form) => (form.kind === 'string' ? utf8(form.value) : isNot('string', form)),
  double: (form) => (form.kind === 'number' ? form.value : isNot('double', form)),
  boolean: (form) => (form.kind === 'boolean' ? form.value : isNot('boolean', form)),
  timestamp: (form) => (form.kind === 'date' ? new Date(form.iso) : isNot('timestamp', form)),
  binary: (form) => (form.kind === 'bytes' ? new Uint8Array(form.bytes) : isNot('binary', form)),
  json: (_form, value) => utf8(jsonText(value)),
  int: (form) => {
    if (form.kind !== 'number') return isNot('int', form)
    return Number.isInteger(form.value) && Math.abs(form.value + 0.5) < 2 ** 31
      ? form.value
      : { why: 'is no whole number of 32 bits' }
  },
  long: (form) => {
    if (form.kind === 'number' && Number.isSafeInteger(form.value)) return BigInt(form.value)
    if (form.kind === 'bigint' && BigInt.asIntN(64, form.value) === form.value) return form.value
    return form.kind === 'bigint' || form.kind === 'number'
      ? { why: 'is no whole number of 64 bits' }
      : isNot('long', form)
  },
}

const utf8 = (text: string): Stored =>
  text.isWellFormed() ? Buffer.from(text) : { why: 'holds half a surrogate pair, which has no UTF-8 form' }

const codecs = { none: 'UNCOMPRESSED', gzip: 'GZIP', zstd: 'ZSTD', snappy: 'SNAPPY' } as const
const compressors = { GZIP: (page: Uint8Array) => gzipSync(page), ZSTD: (page: Uint8Array) => zstdCompressSync(page) }

const elementOf = ({ name, type }: Column): SchemaElement => ({ name, repetition_type: 'OPTIONAL', ...elements[type] })

const elements: Readonly<Record<ColumnType, Omit<SchemaElement, 'name'>>> = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  double: { type: 'DOUBLE' },
  int: { type: 'INT32' },
  long: { type: 'INT64' },
  boolean: { type: 'BOOLEAN' },
  timestamp: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  binary: { type: 'BYTE_ARRAY' },
  json: { type: 'BYTE_ARRAY', logical_type: { type: 'JSON' } },
}
