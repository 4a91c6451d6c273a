import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, FenceTaken, type Partition, writePartition } from '../../../lib/adapters/sql/partition.ts'
import { sqliteDialect } from '../../../lib/adapters/sql/sqlite-dialect.ts'
import type { Entry, Writer } from '../../../lib/adapters/sql/statements.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { delivery } from '../../../lib/testing/contracts/sink-rows.ts'

const writer = {
  chunks: (entries: readonly Entry<string>[]) => [entries],
  statements: () => [{ sql: 'insert the rows', values: [] }],
} as unknown as Writer<string>

const partition: Partition<string> = {
  delivery: delivery(3),
  entries: [],
  writer,
  dialect: sqliteDialect,
  fence: '"fence"',
  place: 'the table',
  skips: null,
}

/** What is said to a database that remembers `last`; `taken`: somebody else has just put the first fence row there. */
function said(last: number | null, taken = false): string[] {
  const conversation = writePartition(partition)
  const statements: string[] = []
  let answer: Answer = { rows: [], changed: 0 }
  for (let next = conversation.next(); !next.done; next = conversation.next(answer)) {
    const [verb] = /^\w+/.exec(next.value.sql)!
    statements.push(next.value.sql === 'insert the rows' ? 'rows' : verb)
    const isFence = verb === 'insert' && next.value.sql !== 'insert the rows'
    answer = { rows: verb === 'select' && last !== null ? [{ batch: last }] : [], changed: isFence && taken ? 0 : 1 }
  }
  return statements
}

test('the fence moves before the rows: it is put there, or moved; a batch that was taken says nothing more', () => {
  assert.deepEqual(said(null), ['select', 'insert', 'rows'])
  assert.deepEqual(said(2), ['select', 'update', 'rows'])
  assert.deepEqual(said(3), ['select'])
  assert.throws(
    () => said(4),
    (error) => hasCode(error, 'E_SINK_AHEAD'),
  )
})

test('of two that put the first fence row there at once, one finds it taken: it stores nothing, begins again', () => {
  assert.throws(() => said(null, true), FenceTaken)
})

/** The verbs that are said where the rows fail as `fails` has it; `rows 2` are two in one statement. */
function saidOf(fails: (rows: readonly string[]) => boolean, judge: Partial<Partition<string>>): string[] {
  const apart = { ...writer, statements: (chunk: readonly Entry<string>[]) => [rowsOf(chunk)] } as Writer<string>
  const entries = ['a', 'b'].map((record) => ({ record, statements: [], row: [record] }))
  const conversation = writePartition({ ...partition, entries, writer: apart, ...judge })
  const verbs: string[] = []
  let next = conversation.next()
  while (!next.done) {
    const { sql, values } = next.value
    const isRows = sql === 'rows'
    verbs.push(isRows ? `rows ${values.length}` : /^\w+/.exec(sql)![0])
    next =
      isRows && fails(values as string[])
        ? conversation.throw(new Error('refused'))
        : conversation.next({ rows: [], changed: 1 })
  }
  return verbs
}

const rowsOf = (chunk: readonly Entry<string>[]) => ({ sql: 'rows', values: chunk.flatMap(({ row }) => row) })

test('rows that are one row to the table get a statement each; a row that is refused alone is not one of two', () => {
  const fence = ['select', 'insert']
  const alone = ['savepoint', 'rows 1', 'release']
  const splits = (): boolean => true
  assert.deepEqual(
    saidOf((rows) => rows.length > 1, { splits }),
    [...fence, 'savepoint', 'rows 2', 'rollback', ...alone, ...alone],
  )
  assert.throws(() => saidOf(() => true, { splits }), /refused/)
  assert.deepEqual(
    saidOf((rows) => rows.includes('a'), { skips: () => true }),
    [...fence, 'savepoint', 'rows 2', 'rollback', 'savepoint', 'rows 1', 'rollback', ...alone],
  )
})

test('a fence keeps names of 190 characters, and refuses longer ones before anything is said', () => {
  const first = (sink: string) =>
    writePartition({ ...partition, delivery: { ...partition.delivery, sink } }).next().value
  assert.ok(first('s'.repeat(190)))
  assert.throws(
    () => first('s'.repeat(191)),
    (error) => hasCode(error, 'E_SINK_NAME'),
  )
})
