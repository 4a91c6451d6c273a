import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SluiceError } from '../../../lib/index.ts'
import { StateSpec } from '../../../lib/index.ts'
import { type Build, runBatches } from '../../support/run.ts'
import { assertSilent, SECRET } from '../../support/secret.ts'

/**
 * The error that keeps the second batch from being committed; the first goes well. Three splits, so the record is in
 * one partition of several.
 */
async function failure(build: Build, conf: Record<string, string> = {}): Promise<SluiceError> {
  const { errors, shown } = await runBatches(build, [[['k', 1]], [[SECRET, 2]], [['k', 3]]], { conf })
  assert.ok(errors.length > 0, 'a batch failed')
  assert.ok(
    Object.values(shown).some((batches) => batches[0] !== undefined),
    'the batch before was shown',
  )
  const [error] = errors as SluiceError[]
  assertSilent(error.message + JSON.stringify(error) + (error.stack ?? ''))
  return error
}

const bad = (key: unknown): boolean => key === SECRET
class Account {
  owner = SECRET
}
const circular = (): object => {
  const list: unknown[] = [SECRET]
  list.push(list)
  return list
}
const deep = (): object => {
  let value: object = {}
  for (let i = 0; i < 100_000; i++) value = { value }
  return value
}

const values: readonly [id: string, sentence: string, make: () => unknown, code: string][] = [
  ['B37', 'an invalid Date', () => new Date(NaN), 'E_VALUE'],
  ['B38', 'a function', () => () => SECRET, 'E_NOT_SERIALISABLE'],
  ['B38', 'a symbol', () => ({ onDone: Symbol(SECRET) }), 'E_NOT_SERIALISABLE'],
  [
    'B38',
    'a getter that throws',
    () => ({
      get total() {
        throw new RangeError('no total')
      },
    }),
    'E_NOT_SERIALISABLE',
  ],
  ['B39', 'an instance of a class without a codec', () => new Account(), 'E_NOT_SERIALISABLE'],
  ['B40', 'a value that holds itself', circular, 'E_CIRCULAR'],
  ['B40', 'a value of 100,000 levels', deep, 'E_DEPTH'],
]

for (const [id, sentence, make, code] of values) {
  test(
    `${id}: ${sentence} as a record fails its batch with operator, place, partition and batch, and ` +
      'without the record',
    async () => {
      const {
        code: found,
        where,
        message,
      } = await failure((input) => ({
        kept: input().map(([key, n]: [string, number]) => (bad(key) ? { order: make() } : n)),
      }))
      assert.equal(found, code, message)
      assert.equal(where.batch, 2)
      assert.match(String(where.operator), /^(map|kept|foreachRDD|in\/foreachRDD|in)/)
      assert.match(where.place ?? '', /^test\/(api\/dstream|support)\/.*\.ts:\d+:\d+$/)
      assert.equal(typeof where.partition, 'number')
      assert.match(message, /order/)
    },
  )
}

const states: { readonly [form: string]: Build } = {
  updateStateByKey: (input) =>
    input().updateStateByKey<any>((ns) => ((ns as number[]).includes(2) ? Promise.resolve(SECRET) : ns.length), {
      name: 'counts',
    }),
  'mapWithState, from update': (input) =>
    input().mapWithState(
      StateSpec.function(
        (key: string, n: number | undefined, state: any) => {
          state.update(bad(key) ? Promise.resolve(SECRET) : n)
          return n
        },
        { name: 'counts' },
      ),
    ),
}

for (const [form, build] of Object.entries(states)) {
  test(
    `B43: a promise that an async function gave to ${form} is named with its operator, batch and ` + 'partition',
    async () => {
      const { code, where, message } = await failure(build)
      assert.equal(code, 'E_NOT_SERIALISABLE')
      assert.match(message, /Promise/)
      assert.deepEqual([where.operator, where.batch, typeof where.partition], ['counts', 2, 'number'])
    },
  )
}

test(
  'B43: an update that throws after it has changed its state leaves no part of the change: the next ' +
    'attempt sees the old state',
  async () => {
    let attempts = 0
    const { errors, shown } = await runBatches(
      (input) =>
        input().updateStateByKey<{ n: number }>((ns, state = { n: 0 }) => {
          state.n += ns.length
          if (ns.includes(2) && ++attempts < 3) throw new Error('once more')
          return state
        }),
      [
        [
          ['k', 1],
          ['l', 1],
        ],
        [
          ['l', 1],
          ['k', 2],
        ],
      ],
      { conf: { 'spark.task.maxFailures': '3' } },
    )
    assert.deepEqual(errors, [])
    assert.equal(attempts, 3)
    assert.deepEqual(
      shown['out'].map((batch) => Object.fromEntries(batch as never)),
      [
        { k: { n: 1 }, l: { n: 1 } },
        { k: { n: 2 }, l: { n: 2 } },
      ],
    )
  },
)

test('B43: an update that throws is named with the line that threw', async () => {
  const { code, where, message } = await failure((input) =>
    input().updateStateByKey<number>((ns, state) => {
      if (ns.includes(2)) throw new TypeError('what the program says')
      return ns.length + (state ?? 0)
    }),
  )
  assert.deepEqual([code, message, where.batch], ['E_USER_CODE', 'TypeError: what the program says', 2])
  assert.match(where.place ?? '', /^test\/api\/dstream\/bad-values\.test\.ts:\d+:\d+$/)
})

const keys: readonly [id: string, sentence: string, make: () => unknown, code: string][] = [
  ['B27', 'half a surrogate pair', () => `${SECRET}\ud800`, 'E_KEY_STRING'],
  ['B28', 'a class instance', () => new Account(), 'E_KEY'],
  ['B28', 'a function', () => () => SECRET, 'E_KEY'],
  ['B29', 'a text of 2,049 bytes', () => SECRET.padEnd(2049, 'é'), 'E_KEY_TOO_LARGE'],
  ['B29', 'a text of a megabyte', () => SECRET.padEnd(2 ** 20, 'x'), 'E_KEY_TOO_LARGE'],
]
const keyed: { readonly [operator: string]: Build } = {
  reduceByKey: (input) => input().reduceByKey((a: number, b: number) => a + b),
  groupByKey: (input) => input().groupByKey(),
  updateStateByKey: (input) => input().updateStateByKey((ns: number[]) => ns.length),
  countByValue: (input) =>
    input()
      .map(([key]: [unknown]) => key)
      .countByValue(),
}

/** Text is looked at where it is stored for long; what is no key at all, everywhere. */
const keeps = (operator: string, code: string): boolean => code === 'E_KEY' || operator === 'updateStateByKey'

for (const [id, sentence, make, code] of keys) {
  for (const [operator, build] of Object.entries(keyed).filter(([name]) => keeps(name, code))) {
    test(`${id}: ${sentence} as a key of ${operator} fails its batch with its place, and is not shown`, async () => {
      const error = await failure((input, context) =>
        build((name) => input(name).map(([key, n]: [string, number]) => [bad(key) ? make() : key, n]), context),
      )
      assert.equal(error.code, code, error.message)
      assert.equal(error.where.batch, 2)
      assert.ok(error.where.operator !== undefined, 'names an operator')
      assert.equal(typeof error.where.partition, 'number')
    })
  }
}

test('B26: __proto__ and constructor are keys like others, through a shuffle and state', async () => {
  const names = ['__proto__', 'constructor', 'toString', '__proto__']
  const { shown } = await runBatches(
    (input) => ({
      sums: input().reduceByKey((a: number, b: number) => a + b),
      state: input().updateStateByKey<number>((ns, sum) => ns.length + (sum ?? 0)),
      values: input()
        .map(([name]: [string]) => name)
        .countByValue(),
    }),
    [names.map((name) => [name, 1]), names.map((name) => [name, 1])],
  )
  const sorted = (rows: any): unknown => [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
  assert.deepEqual(sorted(shown['sums'][1]), [
    ['__proto__', 2],
    ['constructor', 1],
    ['toString', 1],
  ])
  assert.deepEqual(sorted(shown['state'][1]), [
    ['__proto__', 4],
    ['constructor', 2],
    ['toString', 2],
  ])
  assert.deepEqual(sorted(shown['values'][1]), [
    ['__proto__', 2],
    ['constructor', 1],
    ['toString', 1],
  ])
})

test(
  'B25: a record with the properties __proto__, constructor and toString keeps them as its own, ' +
    'through a shuffle, state and an output, and changes no other object',
  async () => {
    const hostile = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1}',
    ) as object
    const { shown, errors } = await runBatches(
      (input) => ({
        grouped: input().groupByKey(),
        state: input().updateStateByKey<unknown>((values, last) => values[0] ?? last),
        kept: input()
          .map(([, value]: [string, unknown]) => value)
          .window(2000),
      }),
      [[['k', hostile]], []],
    )
    assert.deepEqual(errors, [])
    const [[, [grouped]]] = shown['grouped'][0] as [[string, [object]]]
    const [[, state]] = shown['state'][1] as [[string, object]]
    const [kept] = shown['kept'][1] as [object]
    for (const value of [grouped, state, kept]) {
      assert.deepEqual(Object.keys(value), ['__proto__', 'constructor', 'toString'])
      assert.equal(Object.getPrototypeOf(value), Object.prototype)
      assert.deepEqual(Object.getOwnPropertyDescriptor(value, '__proto__')?.value, { polluted: true })
    }
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  },
)
