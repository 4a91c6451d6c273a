import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import type { OutputSink } from '../../lib/output/sink.ts'
import { files, sqlite, webhook } from '../../lib/adapters/index.ts'
import { temporaryFolder } from './local/temporary-folder.ts'
import { runBatches } from '../support/run.ts'
import { assertRefusal, assertSilent, SECRET } from '../support/secret.ts'

const deep = (): unknown => {
  let value: unknown = SECRET
  for (let i = 0; i < 190; i++) value = [value]
  return value
}
const table = (): DatabaseSync => {
  const database = new DatabaseSync(':memory:')
  database.exec('create table t (word text primary key check (length(word) < 5), n integer) strict')
  return database
}
const rows = (): OutputSink<any> =>
  sqlite(table(), { table: 't', columns: ['word', 'n'], row: (record: any) => record })

const cases: readonly [
  id: string,
  sentence: string,
  sink: (t: TestContext) => Promise<OutputSink<any>> | OutputSink<any>,
  record: unknown,
  code: string,
][] = [
  [
    'B24',
    'a function in the body of a web hook',
    () => webhook<unknown>('http://example.com/', { body: (records) => ({ records, later: () => records }) }),
    SECRET,
    'E_SINK_VALUE',
  ],
  [
    'B24',
    'an object for lines of text',
    async (t) => files<unknown>(join(await temporaryFolder(t), 'out'), { format: 'text' }),
    { [SECRET]: deep() },
    'E_SINK_VALUE',
  ],
  [
    'B24',
    'a line break for lines of text',
    async (t) => files<unknown>(join(await temporaryFolder(t), 'out'), { format: 'text' }),
    `${SECRET}\nsecond`,
    'E_SINK_VALUE',
  ],
  ['B49', 'a NUL for a column', rows, [`${SECRET}\0`, 1], 'E_SINK_VALUE'],
  ['B49', 'half a surrogate pair for a column', rows, [`${SECRET}\ud800`, 1], 'E_SINK_VALUE'],
  ['B49', 'one value too many', rows, [SECRET, 1, SECRET], 'E_SINK_VALUE'],
  ['B49', 'a value that a constraint refuses', rows, [SECRET, 1], 'E_SINK_REJECTED'],
  ['B49', 'a value of another type than the column', rows, ['a', SECRET], 'E_SINK_REJECTED'],
  [
    'B52',
    'an address for a web hook that is not listed',
    () => webhook<any>((records) => records[0] as string, { allowHosts: ['example.com'] }),
    `http://169.254.169.254/${SECRET}`,
    'E_SINK_ADDRESS',
  ],
]

for (const [id, sentence, open, record, code] of cases) {
  test(
    `${id}: ${sentence} is ${code} with output, batch and partition; the batch stays committed, the ` +
      'output is owed, and the record is not shown',
    async (t) => {
      const sink = await open(t)
      const { errors } = await runBatches(
        (input) => {
          input().output('out', sink)
          return {} as never
        },
        [[record]],
        // An output that fails is not held, so that the run ends with its error.
        { splits: 1, conf: { 'sluice.output.hold': 'none' } },
      )
      const error = assertRefusal(errors[0], code)
      assert.deepEqual([error.where.operator, error.where.batch, error.where.partition], ['out', 1, 0])
      assertSilent(inspect(error.where) + error.next.join())
      await sink.close?.()
    },
  )
}
