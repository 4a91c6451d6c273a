import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { app, type DStream, type OutputSink, seconds, type SluiceError } from '../../../../lib/index.ts'
import type { StandardSchema } from '../../../../lib/codec/standard-schema.ts'
import { testApp } from '../../../../lib/testing/index.ts'

const nowhere: OutputSink<any> = {
  name: 'nowhere',
  guarantee: 'exactly-once',
  write: () => Promise.reject(new Error('a test must not reach a real sink')),
}

const program = (build: (lines: DStream<string>) => DStream<any>, onError: 'fail' | 'dead-letter' = 'fail') =>
  app('decode', seconds(1), (ssc) => build(ssc.socketTextStream('localhost', 1)).output('out', nowhere), { onError })

async function rowsOf(lines: readonly string[], build: (lines: DStream<string>) => DStream<any>) {
  await using t = await testApp(program(build))
  await t.run([lines], { output: 'out' })
  return t.output('out').rows
}

async function failureOf(line: string, build: (lines: DStream<string>) => DStream<any>): Promise<SluiceError> {
  const failed = await rowsOf(['', line], build).then(
    () => null,
    (error: SluiceError) => error,
  )
  assert.ok(failed, `${line} fails`)
  assert.match(failed.where.place!, /decode\.test\.ts:\d+/)
  return failed
}

const Order = z.object({ id: z.number(), lines: z.array(z.object({ price: z.number() })).default([]) })

test('JSON lines come out as the schema has them, and with its type', async () => {
  const totals = (lines: DStream<string>) =>
    lines.decode(Order).map((order) => [order.id, order.lines.reduce((sum, { price }) => sum + price, 0)])
  const lines = ['{"id": 1, "lines": [{"price": 2}, {"price": 3}], "more": true}', ' ', '{"id": 2}']
  assert.deepEqual(await rowsOf(lines, totals), [[1, 5], [2, 0]]) // prettier-ignore
})

test('without a schema, JSON lines are what they hold', async () => {
  const rows = await rowsOf(['[1, null]', '{"__proto__": 1}'], (lines) => lines.decode())
  assert.deepEqual(rows, [[1, null], JSON.parse('{"__proto__": 1}')])
})

test('a line that does not fit fails the batch with the path to what is wrong, and no word of the record', async () => {
  const error = await failureOf('{"id": 1, "lines": [{"price": "secret"}]}', (lines) => lines.decode(Order))
  assert.equal(error.code, 'E_RECORD_SCHEMA')
  assert.match(error.message, /^A record does not fit its schema: lines\[0\]\.price: .*number/)
  assert.ok(!error.message.includes('secret'))
})

test('a line that is not JSON fails the batch, and is not quoted', async () => {
  const error = await failureOf('{"secret": 1', (lines) => lines.decode(Order))
  assert.equal(error.code, 'E_RECORD_DECODE')
  assert.ok(!error.message.includes('secret'))
})

test('a schema that answers with a promise is refused', async () => {
  const Late = z.number().refine(async (n) => n > 0)
  assert.equal((await failureOf('1', (lines) => lines.decode(Late))).code, 'E_ASYNC')
})

test('a schema of any library that keeps to the standard will do', async () => {
  const even: StandardSchema<number> = {
    '~standard': {
      version: 1,
      vendor: 'this test',
      validate: (value) =>
        typeof value === 'number' && value % 2 === 0 ? { value } : { issues: [{ message: 'must be even' }] },
    },
  }
  assert.deepEqual(await rowsOf(['2'], (lines) => lines.decode(even)), [2])
  const { message } = await failureOf('3', (lines) => lines.decode(even))
  assert.equal(message, 'A record does not fit its schema: must be even')
})

test('bad lines become dead letters, and the others count', async () => {
  const build = (lines: DStream<string>) => lines.decode(z.object({ id: z.number() })).map(({ id }) => id)
  await using t = await testApp(program(build, 'dead-letter'))
  await t.run([['{"id": 1}', '{"id": "x"}', 'junk', '{"id": 2}']], { output: 'out' })
  assert.deepEqual(t.output('out').rows, [1, 2])
  assert.deepEqual(
    (await t.deadLetters()).map(({ record, code }) => [record, code]),
    [
      ['{"id": "x"}', 'E_RECORD_SCHEMA'],
      ['junk', 'E_RECORD_DECODE'],
    ],
  )
})

test('cells of CSV come by the names of their columns; the header and blank lines are left out', async () => {
  const rows = await rowsOf(['name,price', 'tea,2', '', '"a ""b"", c",', ',"3"\r', 'name,price'], (lines) =>
    lines.decodeCsv(['name', 'price'], { header: true }).map(({ name, price }) => [name, price]),
  )
  assert.deepEqual(rows, [['tea', '2'], ['a "b", c', ''], ['', '3']]) // prettier-ignore
})

test('cells of CSV become what a schema makes of them', async () => {
  const Price = z.object({ name: z.string(), price: z.coerce.number() })
  const build = (lines: DStream<string>) =>
    lines.decodeCsv(['name', 'price'], { delimiter: '\t', quote: null, schema: Price }).map(({ price }) => price * 2)
  assert.deepEqual(await rowsOf(['"\t2', 'x\t2.5'], build), [4, 5])
})

for (const [line, words] of [
  ['a', 'A line has 1 cells, and there are 2 columns.'],
  ['a,b,c', 'A line has 3 cells, and there are 2 columns.'],
  ['a,"b', 'A line has a quote that is not closed: a cell cannot hold a line break.'],
  ['"a"b,c', 'A line has text behind a closing quote.'],
])
  test(`B33: the line ${line} of CSV is refused`, async () => {
    const error = await failureOf(line, (lines) => lines.decodeCsv(['x', 'y']))
    assert.deepEqual([error.code, error.message], ['E_RECORD_DECODE', words])
  })

for (const [columns, options] of [
  [[], {}],
  [['a', 'a'], {}],
  [['a'], { delimiter: ',,' }],
  [['a'], { quote: ',' }],
] as const)
  // prettier-ignore
  test(`decodeCsv(${JSON.stringify(columns)}, ${JSON.stringify(options)}) is refused where it is written`, () => {
    const define = program((lines) => lines.decodeCsv(columns, options))
    assert.throws(
      () => define.build(),
      (error: SluiceError) => error.code === 'E_ARGUMENT' && /decode\.test\.ts:\d+/.test(error.where.place!),
    )
  })

test('fields come out without the rest of a line; a line that is no JSON object is refused', async () => {
  const build = (lines: DStream<string>) =>
    lines
      .fields('id', 'price')
      .filter(({ id }) => id !== 'b')
      .map(({ id, price }) => [id, price])
  const lines = ['{"id":"a","price":2,"more":[1]}', '', '{"id":"b","price":3,"more":[2]}', '{"more":[],"id":"c"}']
  assert.deepEqual(await rowsOf(lines, build), [['a', 2], ['c', undefined]]) // prettier-ignore
  for (const line of ['{"id":"a","price":2,"more":[01]}', '[1]', 'null', '{"id":"secret'])
    assert.equal((await failureOf(line, build)).code, 'E_RECORD_DECODE')
})

test('fields may be given a type, and need a name', async () => {
  interface Sale {
    readonly id: string
    readonly price: number
  }
  const build = (lines: DStream<string>) => lines.fields<Sale>('id', 'price').map((sale) => sale.price * 2)
  assert.deepEqual(await rowsOf(['{"id":"a","price":2}'], build), [4])
  assert.throws(() => program((lines) => lines.fields()).build(), /each once/)
})
