import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutputSink, SqlOptions, SqlStatement, SqlValue } from '../../../lib/adapters/index.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { deliver } from '../../../lib/testing/contracts/sink-rows.ts'
import { notStorable } from '../not-storable.ts'

/** A database as these tests need it. */
interface Database {
  open<T, const C extends readonly string[]>(options: SqlOptions<T, C>): OutputSink<T, 'exactly-once'>
  read(sql: string): Promise<unknown[][]>
  /** Makes an empty table of these columns, and gives its name. */
  table(columns: string): Promise<string>
  /** What stands for a value: `?`, or `$` with a number behind it. */
  readonly placeholder: '?' | '$'
}

/** What no column can hold is found before anything is written. */
export function notStorableLaw(name: string, database: Database): void {
  const values: readonly (readonly [what: string, value: unknown])[] = [
    ...notStorable,
    ['a NUL character', 'NUL \0'],
    ['a bigint of more than 64 bits', 2n ** 63n],
    ['a date behind the year 9999', new Date('+012345-01-01')],
    ['an object', {}],
    ['a list', [1]],
  ]
  const hole = (): SqlValue[] => Object.assign(Array<SqlValue>(2), { 0: 'a' })

  test(`${name}: a value of a row without a form is refused with its column, and nothing is written`, async () => {
    const into = await database.table('word varchar(100), n int')
    const write = async (records: readonly unknown[], row: (n: unknown) => unknown): Promise<void> =>
      deliver(
        database.open({ table: into, columns: ['word', 'n'], row: (n) => row(n) as [SqlValue, SqlValue] }),
        1,
        [records],
        { sink: into },
      )
    for (const [what, value] of values)
      await assert.rejects(
        write([1, 2, value, 3], (n) => ['a', n]),
        (error) => hasCode(error, 'E_SINK_VALUE') && error.message.startsWith('record[2]: the value of "n" '),
        what,
      )
    await assert.rejects(write([1], hole), (error) => hasCode(error, 'E_SINK_VALUE') && error.message.includes('"n"'))
    for (const row of [undefined, 'ab', ['a'], ['a', 1, 2]])
      await assert.rejects(
        write([1], () => row),
        (error) => hasCode(error, 'E_SINK_VALUE') && error.message.startsWith('record[0]: its row is '),
      )
    assert.deepEqual(await database.read(`select * from ${into}`), [])
    assert.deepEqual(await fences(into), [])
  })

  test(`${name}: a value of a statement without a form is refused, and nothing is written`, async () => {
    const into = await database.table('word varchar(100), n int')
    const [a, b] = database.placeholder === '$' ? ['$1', '$2'] : ['?', '?']
    const insert = (given: readonly unknown[]): SqlStatement => ({
      sql: `insert into ${into} values (${a}, ${b})`,
      values: given as SqlValue[],
    })
    for (const [what, given] of [...values.map(([what, value]) => [what, ['a', value]] as const), ['a hole', hole()]])
      await assert.rejects(
        deliver(database.open({ statements: () => [insert(['a', 1]), insert(given as unknown[])] }), 1, [[1]], {
          sink: into,
        }),
        (error) => hasCode(error, 'E_SINK_VALUE') && error.message.startsWith('record[0]: value 2 of statement 2 '),
        what as string,
      )
    assert.deepEqual(await database.read(`select * from ${into}`), [])
    assert.deepEqual(await fences(into), [])
  })

  /** What the database remembers of batches of the output; nothing where it has no such table yet. */
  const fences = (output: string): Promise<unknown[][]> =>
    database.read(`select batch from sluice_fence where sink = '${output}'`).catch(() => [])
}
