import { SluiceError, type Where } from '../../model/errors.ts'
import {
  anything,
  bound,
  callable,
  checkOptions,
  leftOut,
  list,
  needsOptions,
  oneOf,
  type RulesOf,
  string,
  text,
  timeout,
} from '../../model/options.ts'
import { checkSettled, kindOf } from '../../model/settled.ts'
import type { Delivery } from '../../output/sink.ts'
import type { Bound, Dialect } from './dialect.ts'
import { checkedColumns, checkedTable } from './identifier.ts'
import type { SqlOptions, SqlRows, SqlSinkOptions, SqlStatement, SqlStatements } from './options.ts'
import { checkValue } from './value.ts'

/** What is sent to the database. */
export interface Statement {
  readonly sql: string
  readonly values: readonly Bound[]
}

/** One record on its way into the database. */
export interface Entry<T> {
  readonly record: T
  readonly statements: readonly Statement[]
  /** The values of a record that is a row. */
  readonly row: readonly Bound[]
}

/**
 * Turns records into statements. Made once per sink: everything about names is checked then, before any connection
 * exists.
 */
export interface Writer<T> {
  /** `at`: which record of its partition it is, from 0. */
  entry(record: T, delivery: Delivery, at: number): Entry<T>
  /** In order, each as much as one call of `statements` takes. */
  chunks(entries: readonly Entry<T>[]): Iterable<readonly Entry<T>[]>
  statements(chunk: readonly Entry<T>[]): readonly Statement[]
}

export function newWriter<T, C extends readonly string[]>(dialect: Dialect, options: SqlOptions<T, C>): Writer<T> {
  checkSql(`a sink for ${dialect.name}`, options)
  return options.statements === undefined ? rowWriter(dialect, options) : statementWriter(dialect, options)
}

const SHARED: RulesOf<SqlSinkOptions<any>> = {
  name: text,
  fence: string,
  onRowError: oneOf('fail', 'skip'),
  onSkip: callable,
  attempts: bound,
  timeoutMs: timeout,
}
const STATEMENTS: RulesOf<SqlStatements<any>> = { ...SHARED, statements: callable, row: leftOut }
const ROWS: RulesOf<SqlRows<any, any>> = {
  ...SHARED,
  table: string,
  columns: list,
  row: callable,
  upsert: anything,
  batchRows: bound,
  statements: leftOut,
}
const UPSERT: RulesOf<NonNullable<SqlRows<any, any>['upsert']>> = { key: list, add: list }

/** Rows of a table, or statements. */
function checkSql(sink: string, options: SqlOptions<any, any>): void {
  const rows = "{ table: 'pages', columns: ['page', 'hits'], row: ([page, hits]) => [page, hits] }"
  needsOptions(sink, options, rows)
  if (options.statements !== undefined) {
    const example = "{ statements: (r) => [{ sql: '…', values: [r] }] }"
    return checkOptions(sink, options, STATEMENTS, { must: ['statements'], example })
  }
  checkOptions(sink, options, ROWS, { must: ['table', 'columns', 'row'], example: rows })
  const { upsert } = options
  if (upsert) checkOptions(`upsert of ${sink}`, upsert, UPSERT, { must: ['key'], example: "upsert: { key: ['page'] }" })
}

function rowWriter<T, C extends readonly string[]>(dialect: Dialect, options: SqlRows<T, C>): Writer<T> {
  const columns = checkedColumns(options.columns)
  const { upsert } = options
  const key = (upsert?.key ?? []).map((name) => indexIn(columns, name))
  const head =
    `insert into ${quotedTable(dialect, options.table)}${upsert ? dialect.alias : ''} ` +
    `(${columns.map(dialect.quote).join(', ')}) values `
  const tail = upsert ? upsertClause(dialect, columns, upsert) : ''
  const rowsMax = largestPower(Math.min(options.batchRows ?? 512, Math.floor(dialect.parametersMax / columns.length)))
  const texts = new Map<number, string>()
  const text = (rows: number): string => {
    if (!texts.has(rows)) texts.set(rows, head + tuples(dialect, rows, columns.length) + tail)
    return texts.get(rows)!
  }
  return {
    entry(record, delivery, at) {
      const values = options.row(record, delivery)
      checkSettled(values, 'row', whereOf(delivery))
      if (!Array.isArray(values) || values.length !== columns.length) throw noRow(columns, values, at)
      const bound = (column: string, i: number): Bound =>
        dialect.bind(checkValue(values[i]!, () => `record[${at}]: the value of "${column}"`))
      return { record, statements: [], row: columns.map(bound) }
    },
    chunks: (entries) =>
      inPowersOfTwo(upsert && !dialect.repeatsKeys ? runsOfDistinct(entries, key) : [entries], rowsMax, bytesOf),
    statements: (chunk) => [{ sql: text(chunk.length), values: chunk.flatMap(({ row }) => row) }],
  }
}

const statementWriter = <T>(dialect: Dialect, options: SqlStatements<T>): Writer<T> => ({
  entry(record, delivery, at) {
    const statements = options.statements(record, delivery)
    checkSettled(statements, 'statements', whereOf(delivery))
    const bound = ({ sql, values }: SqlStatement, of: number): Statement => ({
      sql,
      // A hole is `undefined` here, where `map` would leave it to the driver, which may write `null`.
      values: Array.from(values, (value, i) =>
        dialect.bind(checkValue(value, () => `record[${at}]: value ${i + 1} of statement ${of + 1}`)),
      ),
    })
    return { record, row: [], statements: statements.map(bound) }
  },
  chunks: (entries) => entries.map((entry) => [entry]),
  statements: (chunk) => chunk.flatMap(({ statements }) => statements),
})

const whereOf = ({ sink, partition, batch }: Delivery): Where => ({ operator: sink, partition, batch })

export const quotedTable = (dialect: Dialect, table: string): string => checkedTable(table).map(dialect.quote).join('.')

function upsertClause(
  dialect: Dialect,
  columns: readonly string[],
  { key, add = [] }: { readonly key: readonly string[]; readonly add?: readonly string[] },
): string {
  checkedColumns(key)
  for (const column of add) indexIn(columns, column)
  return dialect.upsert(
    key,
    columns.filter((column) => !key.includes(column) && !add.includes(column)),
    add,
  )
}

function indexIn(columns: readonly string[], name: string): number {
  const index = columns.indexOf(name)
  if (index < 0)
    throw new SluiceError('E_SINK_NAME', `${JSON.stringify(name)} is not among the columns ${columns.join(', ')}.`, {
      did: 'nothing was sent',
    })
  return index
}

const noRow = (columns: readonly string[], got: unknown, at: number): SluiceError =>
  new SluiceError('E_SINK_VALUE', `record[${at}]: its row is ${kindOf(got)}, for ${columns.length} columns.`, {
    did: 'nothing of its partition was written',
    next: [`return one value each for ${columns.join(', ')}`],
  })

/** `($1, $2), ($3, $4)` */
function tuples(dialect: Dialect, rows: number, columns: number): string {
  const tuple = (row: number): string =>
    `(${Array.from({ length: columns }, (_, i) => dialect.placeholder(row * columns + i + 1)).join(', ')})`
  return Array.from({ length: rows }, (_, row) => tuple(row)).join(', ')
}

/** A new run begins where a key comes again. */
function* runsOfDistinct<T>(entries: readonly Entry<T>[], key: readonly number[]): Generator<readonly Entry<T>[]> {
  let run: Entry<T>[] = []
  let seen = new Set<string>()
  for (const entry of entries) {
    const text = JSON.stringify(key.map((i) => shownKey(entry.row[i]!)))
    if (seen.has(text)) {
      yield run
      run = []
      seen = new Set()
    }
    seen.add(text)
    run.push(entry)
  }
  yield run
}

const shownKey = (value: Bound): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)

/** Statements of few different lengths, so that a database that keeps prepared statements keeps few. */
function* inPowersOfTwo<T>(
  runs: Iterable<readonly T[]>,
  most: number,
  bytesOf: (item: T) => number,
): Generator<readonly T[]> {
  for (const run of runs) {
    for (let at = 0; at < run.length;) {
      const length = largestPower(countWithin(run, at, most, bytesOf))
      yield run.slice(at, at + length)
      at += length
    }
  }
}

/** How many from `at` on one statement takes: at least one, and no more bytes than any server's default allows. */
function countWithin<T>(run: readonly T[], at: number, most: number, bytesOf: (item: T) => number): number {
  let bytes = 0
  let count = 0
  for (; count < most && at + count < run.length; count++) {
    bytes += bytesOf(run[at + count]!)
    if (count > 0 && bytes > STATEMENT_BYTES_MAX) break
  }
  return count
}

/** A quarter of the smallest `max_allowed_packet` in use (4 MB). */
export const STATEMENT_BYTES_MAX = 2 ** 20

/** Of the values of a row, or of its statements. */
export const bytesOf = ({ row, statements }: Entry<unknown>): number =>
  [row, ...statements.map(({ values }) => values)].flat().reduce<number>((sum, value) => {
    if (typeof value === 'string') return sum + Buffer.byteLength(value)
    return sum + (value instanceof Uint8Array ? value.length : 9)
  }, 0)

const largestPower = (atMost: number): number => 2 ** Math.floor(Math.log2(Math.max(1, atMost)))
