import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { hasCode } from '../../../lib/model/errors.ts'
import { mysql, postgres, sqlite, type SqlValue } from '../../../lib/adapters/index.ts'
import { deliver, delivery } from '../../../lib/testing/contracts/sink-rows.ts'
import { temporaryFolder } from '../local/temporary-folder.ts'
import { notStorableLaw } from './not-storable-law.ts'

type Count = readonly [word: string, n: number]

test('a bad row is rolled back and the rest is stored, once', async () => {
  const database = counts()
  const skipped: Count[] = []
  const sink = sqlite(database, {
    table: 'counts',
    columns: ['word', 'n'],
    row: ([word, n]: Count) => [word, n],
    onRowError: 'skip',
    onSkip: (record) => skipped.push(record),
  })
  const good = Array.from({ length: 200 }, (_, i): Count => [`w${i}`, i])
  const bad: Count[] = [
    ['w3', 9],
    ['NUL \0', 1],
    ['not a number', NaN],
    [null as unknown as string, 1],
  ]
  const given = [...good.slice(0, 90), ...bad.slice(1), ...good.slice(90), bad[0]]
  for (let time = 0; time < 2; time++) await deliver(sink, 1, [given])
  assert.deepEqual(read(database, 'select count(*), sum(n) from counts'), [[200, 19_900]])
  assert.deepEqual(new Set(skipped), new Set(bad))
})

test('a bad row fails its partition by default, and the partition may come again', async () => {
  const database = counts()
  const sink = sqlite(database, { table: 'counts', columns: ['word', 'n'], row: ([word, n]: Count) => [word, n] })
  await assert.rejects(
    deliver(sink, 1, [
      [
        ['a', 1],
        ['a', 2],
      ],
    ]),
    (error) => hasCode(error, 'E_SINK_REJECTED') && !error.retry,
  )
  assert.deepEqual(read(database, 'select * from counts'), [])
  await deliver(sink, 1, [
    [
      ['a', 1],
      ['b', 2],
    ],
  ])
  assert.deepEqual(read(database, 'select * from counts'), [
    ['a', 1],
    ['b', 2],
  ])
})

test('an upsert replaces or adds, also where a key comes twice in a batch', async () => {
  const database = counts()
  const added = sqlite(database, {
    table: 'counts',
    columns: ['word', 'n'],
    row: ([word, n]: Count) => [word, n],
    upsert: { key: ['word'], add: ['n'] },
  })
  await deliver(
    added,
    1,
    [
      [
        ['a', 1],
        ['b', 2],
        ['a', 10],
      ],
    ],
    { sink: 'added' },
  )
  const replaced = sqlite(database, {
    table: 'counts',
    columns: ['word', 'n'],
    row: ([word, n]: Count) => [word, n],
    upsert: { key: ['word'] },
  })
  await deliver(
    replaced,
    1,
    [
      [
        ['b', 7],
        ['b', 8],
        ['c', 1],
      ],
    ],
    { sink: 'replaced' },
  )
  assert.deepEqual(read(database, 'select * from counts order by word'), [
    ['a', 11],
    ['b', 8],
    ['c', 1],
  ])
})

test('statements of the user’s own run in order', async () => {
  const database = counts()
  const sink = sqlite(database, {
    statements: ([word, n]: Count) => [
      { sql: 'delete from counts where word = ?', values: [word] },
      ...(n === 0 ? [] : [{ sql: 'insert into counts values (?, ?)', values: [word, n] }]),
    ],
  })
  await deliver(sink, 1, [
    [
      ['a', 1],
      ['b', 1],
    ],
  ])
  await deliver(sink, 2, [
    [
      ['a', 0],
      ['b', 2],
    ],
  ])
  assert.deepEqual(read(database, 'select * from counts'), [['b', 2]])
})

const written = counts()
let tables = 0
notStorableLaw('B49: SQLite', {
  open: (options) => sqlite(written, options),
  read: async (sql) => read(written, sql),
  table: async (columns) => {
    written.exec(`create table t${++tables} (${columns})`)
    return `t${tables}`
  },
  placeholder: '?',
})

test('whole numbers, booleans, bytes and dates take their place in columns of any type', async () => {
  const database = new DatabaseSync(':memory:')
  database.exec('create table v (a text, b integer, c real, d blob, e)')
  type Five = readonly [SqlValue, SqlValue, SqlValue, SqlValue, SqlValue]
  const sink = sqlite(database, { table: 'v', columns: ['a', 'b', 'c', 'd', 'e'], row: (row: Five) => row })
  await deliver<Five>(sink, 1, [
    [
      [5, true, 5, Uint8Array.of(0, 255), new Date(0)],
      ['x', 2n ** 60n, 0.5, new Uint8Array(), false],
    ],
  ])
  assert.deepEqual(read(database, 'select a, cast(b as text), c, hex(d), e from v'), [
    ['5', '1', 5, '00FF', '1970-01-01T00:00:00.000Z'],
    ['x', '1152921504606846976', 0.5, '', 0],
  ])
})

test('B49: a name that is no plain identifier is refused before anything is opened', () => {
  const names = [
    'users; drop table users',
    'a"b',
    'a`b',
    'a b',
    '',
    '1a',
    'a.b.c',
    'x'.repeat(64),
    'naïve',
    'a\0',
    '"quoted"',
    '.a',
    'a.',
  ]
  const row = (): readonly [SqlValue] => ['a']
  for (const name of names) {
    for (const make of [sqlite, postgres, mysql]) {
      const open = make as (place: string, options: object) => unknown
      assert.throws(
        () => open('postgres://localhost/x', { table: name, columns: ['a'], row }),
        (error) => hasCode(error, 'E_SINK_NAME'),
        `table ${name}`,
      )
      assert.throws(
        () => open('postgres://localhost/x', { table: 't', fence: name, columns: ['a'], row }),
        (error) => hasCode(error, 'E_SINK_NAME'),
        `fence ${name}`,
      )
      assert.throws(
        () => open('postgres://localhost/x', { table: 't', columns: [name], row }),
        (error) => hasCode(error, 'E_SINK_NAME'),
        `column ${name}`,
      )
    }
  }
  assert.throws(
    () => sqlite('x.db', { table: 't', columns: ['a', 'A'], row: () => ['a', 'b'] }),
    (error) => hasCode(error, 'E_SINK_NAME'),
  )
  assert.throws(
    () => sqlite('x.db', { table: 't', columns: [], row: () => [] }),
    (error) => hasCode(error, 'E_SINK_NAME'),
  )
})

test('B49: reserved words are names like others', async () => {
  const database = new DatabaseSync(':memory:')
  database.exec('create table "order" ("group" text primary key, "select" integer)')
  const sink = sqlite(database, {
    table: 'order',
    columns: ['group', 'select'],
    row: ([word, n]: Count) => [word, n],
    upsert: { key: ['group'], add: ['select'] },
  })
  for (let batch = 1; batch <= 2; batch++) await deliver(sink, batch, [[['a', 1]]])
  assert.deepEqual(read(database, 'select * from "order"'), [['a', 2]])
})

test('a file that another process writes to is waited for, and then an error that may be retried', async (t) => {
  const file = join(await temporaryFolder(t), 'counts.db')
  const other = new DatabaseSync(file)
  other.exec('create table counts (word text, n integer)')
  const sink = sqlite(file, {
    table: 'counts',
    columns: ['word', 'n'],
    row: ([word, n]: Count) => [word, n],
    attempts: 2,
  })
  await deliver(sink, 1, [[['a', 1]]])
  other.exec('begin immediate')
  await assert.rejects(deliver(sink, 2, [[['b', 2]]]), (error) => hasCode(error, 'E_SINK_UNAVAILABLE') && error.retry)
  const freeing = {
    now: () => 0,
    sleepUntil: async () => {
      if (other.isTransaction) other.exec('rollback')
    },
  }
  await sink.write([['b', 2]], { ...delivery(2), clock: freeing })
  await sink.close?.()
  assert.deepEqual(read(other, 'select * from counts'), [
    ['a', 1],
    ['b', 2],
  ])
  other.close()
})

test('two outputs in one database do not know each other, and neither do two apps', async () => {
  const database = counts()
  const sink = sqlite(database, { table: 'counts', columns: ['word', 'n'], row: ([word, n]: Count) => [word, n] })
  await deliver(sink, 5, [[['a', 1]]], { sink: 'one' })
  await deliver(sink, 1, [[['b', 2]]], { sink: 'two' })
  await sink.write([['c', 3]], { ...delivery(1, 0, 1, { sink: 'one' }), app: 'other' })
  assert.deepEqual(read(database, 'select * from counts'), [
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ])
})

test('a number of partitions that changes between batches leaves nothing out', async () => {
  const database = counts()
  const sink = sqlite(database, { table: 'counts', columns: ['word', 'n'], row: ([word, n]: Count) => [word, n] })
  for (const [i, partitions] of [1, 4, 2, 3].entries()) {
    for (let time = 0; time < 2; time++)
      await deliver(
        sink,
        i + 1,
        Array.from({ length: partitions }, (_, p): Count[] => [[`${i}.${p}`, 1]]),
      )
  }
  assert.deepEqual(read(database, 'select count(*) from counts'), [[10]])
})

type Nullable = readonly [word: string | null, n: number | null]

test('a null key is a new row each time, or refused by the column; adding null gives null, as in SQL', async () => {
  const options = {
    columns: ['word', 'n'] as const,
    row: ([word, n]: Nullable) => [word, n] as const,
    upsert: { key: ['word'] as const, add: ['n'] as const },
  }
  const database = counts()
  database.exec('create table loose (word text unique, n integer)')
  const loose = sqlite(database, { table: 'loose', ...options })
  await deliver<Nullable>(loose, 1, [
    [
      [null, 1],
      ['a', 1],
    ],
  ])
  await deliver<Nullable>(loose, 2, [
    [
      [null, 2],
      ['a', null],
    ],
  ])
  assert.deepEqual(read(database, 'select * from loose order by n'), [
    ['a', null],
    [null, 1],
    [null, 2],
  ])
  const strict = sqlite(database, { table: 'counts', ...options })
  await assert.rejects(
    () => deliver<Nullable>(strict, 3, [[[null, 1]]]),
    (error) => hasCode(error, 'E_SINK_REJECTED') && /counts\.word/.test(error.message),
  )
})

for (const [what, table] of [
  ['no table', null],
  ['a table without one of the columns', 'create table counts (word text primary key)'],
  ['a table without an index over the key', 'create table counts (word text, n integer)'],
] as const)
  test(`${what}: said with a statement that makes one that fits, and then rows are stored`, async () => {
    const database = new DatabaseSync(':memory:')
    if (table !== null) database.exec(table)
    const sink = sqlite(database, {
      table: 'counts',
      columns: ['word', 'n'],
      row: ([word, n]: Count) => [word, n],
      upsert: { key: ['word'], add: ['n'] },
    })
    const error = await deliver(sink, 1, [[['a', 2]]]).then(
      () => assert.fail('written'),
      (thrown: unknown) => thrown,
    )
    assert.ok(hasCode(error, 'E_SINK_REJECTED'))
    assert.doesNotMatch(error.message, /kept/)
    const statement = error.next.map((way) => /^a table that fits: (create table .*)$/.exec(way)?.[1]).find(Boolean)!
    assert.equal(statement, 'create table "counts" ("word" text, "n" integer, primary key ("word"))')
    database.exec(`drop table if exists counts; ${statement}`)
    await deliver(sink, 1, [[['a', 2]]])
    await deliver(sink, 2, [[['a', 3]]])
    assert.deepEqual(read(database, 'select * from counts'), [['a', 5]])
  })

test('a file that is no database, or has no folder, is said to be at fault, and never a row', async (t) => {
  const folder = await temporaryFolder(t)
  writeFileSync(join(folder, 'notes.txt'), 'notes. '.repeat(500))
  for (const [file, next] of [
    ['nowhere/counts.db', 'make its folder, and let this process write there'],
    ['notes.txt', 'name a file that is a database, or one that is not there yet'],
  ] as const) {
    const sink = sqlite(join(folder, file), {
      table: 'counts',
      columns: ['word', 'n'],
      row: ([word, n]: Count) => [word, n],
      onRowError: 'skip',
      onSkip: () => assert.fail('a row was skipped'),
    })
    await assert.rejects(deliver(sink, 1, [[['a', 1]]]), (error) => {
      assert.ok(hasCode(error, 'E_SINK_UNAVAILABLE'), String(error))
      assert.deepEqual([error.next, error.retry], [[next], true])
      return true
    })
  }
})

function counts(): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  database.exec('create table counts (word text primary key not null, n integer not null)')
  return database
}

const read = (database: DatabaseSync, sql: string): unknown[][] =>
  database
    .prepare(sql)
    .all()
    .map((row) => Object.values(row))
