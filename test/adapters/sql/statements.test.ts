import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dialect } from '../../../lib/adapters/sql/dialect.ts'
import type { SqlRows } from '../../../lib/adapters/sql/options.ts'
import { sqliteDialect } from '../../../lib/adapters/sql/sqlite-dialect.ts'
import { newWriter, type Writer } from '../../../lib/adapters/sql/statements.ts'
import { delivery } from '../../../lib/testing/contracts/sink-rows.ts'

type Row = readonly (string | number)[]

function writerOf(
  columns: readonly string[],
  more: Partial<SqlRows<Row, readonly string[]>>,
  dialect: Dialect = sqliteDialect,
): Writer<Row> {
  return newWriter<Row, readonly string[]>(dialect, { table: 'pages', columns, row: (row) => row, ...more })
}

const chunksOf = (writer: Writer<Row>, rows: readonly Row[]): Row[][] =>
  Array.from(writer.chunks(rows.map((row, at) => writer.entry(row, delivery(1), at))), (chunk) =>
    chunk.map(({ record }) => record),
  )

for (const [upsert, clause] of [
  [{ key: ['app', 'page'] }, 'update set "hits" = excluded."hits", "seen" = excluded."seen"'],
  [{ key: ['app', 'page'], add: ['hits'] }, 'update set "seen" = excluded."seen", "hits" = "hits" + excluded."hits"'],
  [
    { key: ['app', 'page'], add: ['seen', 'hits'] },
    'update set "seen" = "seen" + excluded."seen", "hits" = "hits" + excluded."hits"',
  ],
] as const)
  test(`an upsert by ${JSON.stringify(upsert)} sets each column once, and none of its key`, () => {
    const writer = writerOf(['app', 'page', 'hits', 'seen'], { upsert })
    const row = ['shop', '/', 1, 2]
    const [{ sql }] = writer.statements([writer.entry(row, delivery(1), 0)])
    const insert = 'insert into "pages" ("app", "page", "hits", "seen") values (?, ?, ?, ?)'
    assert.equal(sql, `${insert} on conflict ("app", "page") do ${clause}`)
  })

test('where all columns are the key, an upsert leaves the row that is there as it is', () => {
  const writer = writerOf(['page'], { upsert: { key: ['page'] } })
  const [{ sql }] = writer.statements([writer.entry(['/'], delivery(1), 0)])
  assert.equal(sql, 'insert into "pages" ("page") values (?) on conflict ("page") do nothing')
})

test('a statement ends before a key that it has, all of its columns, where the database takes each once', () => {
  const rows: Row[] = [
    ['a', 1],
    ['a', 2],
    ['b', 1],
    ['a', 1],
    ['a', 2],
    ['a', 1],
  ]
  const upsert = { upsert: { key: ['app', 'n'] } }
  const lengths = (dialect: Dialect): number[] =>
    chunksOf(writerOf(['app', 'n'], upsert, dialect), rows).map(({ length }) => length)
  assert.deepEqual(lengths({ ...sqliteDialect, repeatsKeys: false }), [2, 1, 2, 1])
  assert.deepEqual(lengths(sqliteDialect), [4, 2])
})

test('a statement has as many rows as are asked for, as values may be bound, and as are a mebibyte', () => {
  const rows = (count: number, value: string): Row[] => Array.from({ length: count }, () => [value, 1, 1])
  const lengths = (given: readonly Row[], more: Partial<SqlRows<Row, readonly string[]>>, parametersMax: number) =>
    chunksOf(writerOf(['a', 'b', 'c'], more, { ...sqliteDialect, parametersMax }), given).map(({ length }) => length)
  assert.deepEqual(lengths(rows(7, ''), { batchRows: 4 }, 100), [4, 2, 1])
  assert.deepEqual(lengths(rows(7, ''), {}, 12), [4, 2, 1])
  assert.deepEqual(lengths(rows(7, ''), {}, 11), [2, 2, 2, 1])
  // Two numbers count as nine bytes each, and texts as UTF-8.
  const quarter = 'é'.repeat(2 ** 17 - 9)
  assert.deepEqual(lengths(rows(4, quarter), {}, 100), [4])
  assert.deepEqual(lengths([...rows(3, quarter), [`${quarter}.`, 1, 1]], {}, 100), [2, 2])
  assert.deepEqual(lengths(rows(2, 'x'.repeat(2 ** 20)), {}, 100), [1, 1])
})
