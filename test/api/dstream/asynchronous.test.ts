import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { files, type OutputSink, redis, sqlite, webhook } from '../../../lib/adapters/index.ts'
import { type DStream, HashPartitioner, seconds, type SluiceError, StateSpec } from '../../../lib/index.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { deliver } from '../../../lib/testing/contracts/sink-rows.ts'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'
import { type Build, runBatches } from '../../support/run.ts'

/** The first error of a batch of records. */
async function failure(build: Build, records: readonly unknown[]): Promise<SluiceError> {
  const { errors } = await runBatches(build, records as never)
  assert.ok(errors.length > 0, 'the batch failed')
  return errors[0] as SluiceError
}

const numbers = [[1, 2, 3, 4]]
const pairs = [[['a', 1], ['a', 2], ['b', 3]]] // prettier-ignore

type Numbers = DStream<any>

/** No promise, and waited for like one: it calls what it is given, and bears it ill if that is no function. */
// oxlint-disable-next-line unicorn/no-thenable
const thenable = { then: (given: (n: number) => void) => given(1) }

const operators: readonly [operator: string, records: readonly unknown[], build: (stream: Numbers) => DStream<any>][] =
  [
    ['map', numbers, (s) => s.map(async (n: number) => n)],
    ['map', numbers, (s) => s.map((n: number): [number, unknown] => [n, Promise.resolve(n)])],
    ['map', numbers, (s) => s.map(() => thenable)],
    ['map', numbers, (s) => s.transform((rdd) => rdd.sortBy((async (n: number) => n) as never, true, 2))],
    ['filter', numbers, (s) => s.filter(async (n: number) => n > 2)],
    ['map', numbers, (s) => s.filter((n: number) => n > 3).map(async (n) => n as number)],
    ['flatMap', numbers, (s) => s.flatMap((async (n: number) => [n]) as never)],
    ['flatMap', numbers, (s) => s.flatMap(async function* (n: number) { yield n } as never)], // prettier-ignore
    ['flatMap', numbers, (s) => s.flatMap((n: number) => (n < 3 ? [] : [Promise.resolve(n)]))],
    ['flatMapValues', pairs, (s) => s.flatMapValues((n: number) => [Promise.resolve(n)])],
    ['mapValues', pairs, (s) => s.mapValues(async (n: number) => n)],
    ['flatMapValues', pairs, (s) => s.flatMapValues((async (n: number) => [n]) as never)],
    ['mapPartitions', numbers, (s) => s.mapPartitions((async (ns: Iterable<number>) => [...ns]) as never)],
    ['reduceByKey', pairs, (s) => s.reduceByKey((async (a: number, b: number) => a + b) as never)],
    ['reduce', numbers, (s) => s.reduce((async (a: number, b: number) => a + b) as never)],
    [
      'combineByKey',
      pairs,
      (s) =>
        s.combineByKey(
          async (n) => n,
          async () => 1,
          async () => 1,
        ),
    ],
    ['transform', numbers, (s) => s.transform((async (rdd: unknown) => rdd) as never)],
    ['mapWithState', pairs, (s) => s.mapWithState(StateSpec.function(async (_key: string, n: any) => n as number))],
    [
      'updateStateByKey',
      pairs,
      (s) => s.updateStateByKey((async (entries: any) => [...entries]) as never, new HashPartitioner(1), true),
    ],
  ]

for (const [operator, records, build] of operators) {
  test(`${operator} with an asynchronous function fails at the first record, with operator and place`, async () => {
    const error = await failure((input) => build(input()), records)
    assert.equal(error.code, 'E_ASYNC', error.message)
    assert.match(error.message, new RegExp(`${operator}.* was given`))
    assert.ok(error.where.operator)
    assert.match(String(error.where.place), /asynchronous\.test\.ts:\d+/)
  })
}

const sinks: readonly [option: string, sink: (folder: string) => OutputSink<any>][] = [
  ['format', (folder) => files(folder, { format: (async (n: number) => String(n)) as never })],
  ['row', () => sqlite(':memory:', { table: 't', columns: ['n'], row: (async (n: number) => [n]) as never })],
  ['statements', () => sqlite(':memory:', { statements: (async () => []) as never })],
  ['commands', () => redis('redis://127.0.0.1:1', { commands: (async () => []) as never })],
  ['body', () => webhook('http://example.com/', { body: async (records) => records })],
  ['url', () => webhook((async () => 'http://a/') as never, { allowHosts: ['a'] })],
]

for (const [option, sink] of sinks) {
  test(`an asynchronous ${option} of a sink is E_ASYNC, and nothing is written`, async (t) => {
    const folder = await temporaryFolder(t)
    await assert.rejects(
      deliver(sink(folder), 1, [[1]]),
      (error) =>
        hasCode(error, 'E_ASYNC') && error.message.startsWith(`${option} was given`) && error.where.batch === 1,
    )
    assert.deepEqual(await readdir(folder), [])
  })
}

const misfits: readonly [what: string, record: unknown, code: string][] = [
  ['a number', 824, 'E_PAIR'],
  ['a text', 'ab', 'E_PAIR'],
  ['an object', { word: 'a' }, 'E_PAIR'],
  ['an array of three', ['a', 1, 2], 'E_PAIR'],
  ['a pair without a key', [undefined, 824], 'E_KEY'],
]

const byKey: readonly [operator: string, build: (stream: Numbers) => DStream<any>][] = [
  ['reduceByKey', (s) => s.reduceByKey((a: number, b: number) => a + b)],
  ['groupByKey', (s) => s.groupByKey()],
  ['join', (s) => s.join(s)],
  ['partitionBy', (s) => s.partitionBy(2)],
  ['updateStateByKey', (s) => s.updateStateByKey((ones: number[], sum = 0) => sum + ones.length)],
  ['mapWithState', (s) => s.mapWithState(StateSpec.function((_key: string, n: any) => n as number))],
  ['reduceByKeyAndWindow', (s) => s.reduceByKeyAndWindow((a: number, b: number) => a + b, seconds(2))],
]

for (const [operator, build] of byKey) {
  for (const [what, record, code] of misfits) {
    test(`${operator} of ${what} is ${code}, with operator and place`, async () => {
      const error = await failure((input) => build(input()), [[record]])
      assert.equal(error.code, code, error.message)
      assert.match(String(error.where.place), /asynchronous\.test\.ts:\d+/)
      assert.match(String(error.where.operator), new RegExp(operator === 'join' ? 'cogroup' : operator.slice(0, 9)))
    })
  }
}

for (const [what, record, code] of misfits.filter(([, , code]) => code === 'E_PAIR')) {
  test(`mapValues of ${what} is ${code}`, async () => {
    const error = await failure((input) => input().mapValues((n: number) => n), [[record]])
    assert.equal(error.code, code, error.message)
    assert.match(String(error.where.place), /asynchronous\.test\.ts:\d+/)
  })
}

for (const [operator, build] of [
  ['mapValues', (s) => s.mapValues((n: number) => n)],
  ['flatMapValues', (s) => s.flatMapValues((n: number) => [n])],
  ['reduceByKey', (s) => s.reduceByKey((a: number, b: number) => a + b)],
  ['groupByKey', (s) => s.groupByKey()],
] as readonly [string, (stream: Numbers) => DStream<any>][])
  for (const missing of [null, undefined])
    test(`${operator}: ${missing} among many pairs is E_PAIR, with operator and place`, async () => {
      const many = Array.from({ length: 300 }, (_, i) => (i === 250 ? missing : ['a', i]))
      const error = await failure((input) => build(input().map((record: any) => record)), [many])
      assert.equal(error.code, 'E_PAIR', error.message)
      assert.match(error.message, new RegExp(`A record is ${missing}, and this operator needs pairs`))
      assert.ok(error.where.operator)
    })
