import assert from 'node:assert/strict'
import { test } from 'node:test'
import { app, type DStream, seconds, StateSpec } from '../../lib/index.ts'
import { testApp } from '../../lib/testing/index.ts'
import { batchSource, runBatches } from '../support/run.ts'
import { assertRefusal, SECRET, thrownBy } from '../support/secret.ts'

interface Order {
  name: string
  items: { n: number }[]
}
const order = (n: number): Order => ({ name: SECRET, items: [{ n }] })

/** What the second batch of a program with this stream fails with. */
async function failure(define: (orders: DStream<Order>) => DStream<unknown>): Promise<unknown> {
  await using t = await testApp(
    app('frozen', seconds(1), (ssc) => define(ssc.source<Order>('orders', batchSource([], 1))).foreachRDD(() => {})),
  )
  await t.runBatch()
  t.source().addAll([order(1), order(2)])
  return await thrownBy(() => t.runBatch())
}

const reused: { n: number }[] = []
const changes: readonly [sentence: string, define: (orders: DStream<Order>) => DStream<unknown>][] = [
  [
    'a record of the source',
    (orders) =>
      orders.map((each) => {
        each.name = 'changed'
        return each
      }),
  ],
  [
    'a record of the source, deep inside',
    (orders) =>
      orders.map((each) => {
        each.items[0].n++
        return each
      }),
  ],
  ['a list of a record', (orders) => orders.filter((each) => each.items.push({ n: 0 }) > 0)],
  [
    'a record that the operator before has emitted',
    (orders) =>
      orders
        .map((each) => ({ ...each }))
        .map((each) => {
          each.name = 'changed'
          return each
        }),
  ],
  [
    'a list that is emitted again and again',
    (orders) =>
      orders.map((each) => {
        reused[0] = each.items[0]
        return reused
      }),
  ],
  [
    'a record out of flatMap',
    (orders) => orders.flatMap((each) => [{ ...each }]).map((each) => Object.assign(each, { name: 'changed' })),
  ],
  [
    'a value out of mapValues',
    (orders) =>
      orders
        .map((each) => ['k', each] as [string, Order])
        .mapValues((each) => ({ ...each }))
        .map(([, each]) => {
          each.name = 'changed'
          return each
        }),
  ],
  [
    'a snapshot of state',
    (orders) =>
      orders
        .map((each) => ['k', each.items.length] as [string, number])
        .mapWithState(
          StateSpec.function((_key: string, n: number | undefined, state: any) => {
            state.update({ n })
          }),
        )
        .stateSnapshots()
        .map((pair) => pair)
        .map((pair: any) => {
          pair[1].n = 7
          return pair
        }),
  ],
]
for (const [sentence, define] of changes) {
  test(`B42: in a test, a function that changes ${sentence} is E_USER_CODE with its line and batch`, async () => {
    const error = assertRefusal(
      await failure(define),
      'E_USER_CODE',
      /^TypeError: Cannot (assign to read only property|add property)/,
    )
    assert.match(error.where.place ?? '', /^test\/testing\/frozen\.test\.ts:\d+:\d+$/)
    assert.equal(error.where.batch, 2)
  })
}

test(
  'B42: what a function may change can be changed in a test as well: its own state, the first argument ' +
    'of a reduction, the values of a key',
  async () => {
    const program = app('free', seconds(1), (ssc) => {
      const pairs = ssc
        .source<number>('numbers', batchSource([], 1))
        .map((n) => ['k', { n }] as [string, { n: number }])
      pairs
        .reduceByKey((a, b) => {
          a.n += b.n
          return a
        })
        .foreachRDD(() => {})
      pairs
        .updateStateByKey<{ n: number }>(
          (values, state = { n: 0 }) => {
            for (const value of values) state.n += value.n++
            return state
          },
          { name: 'sums' },
        )
        .foreachRDD(() => {})
      pairs
        .reduceByKeyAndWindow((a, b) => {
          a.n += b.n
          return a
        }, seconds(3))
        .output('window', { name: 'rows', guarantee: 'at-least-once', write: async () => {} })
      pairs
        .mapWithState(
          StateSpec.function(
            (_key: string, value: { n: number } | undefined, state: any) => {
              const kept = state.exists() ? state.get() : { n: 0 }
              kept.n += value!.n
              state.update(kept)
            },
            { name: 'kept' },
          ),
        )
        .foreachRDD(() => {})
    })
    await using t = await testApp(program)
    for (let batch = 0; batch < 3; batch++) {
      t.source().addAll([1, 2, 3])
      await t.runBatch()
    }
    assert.deepEqual(t.errors, [])
    assert.deepEqual((await t.state('sums')).get('k'), { n: 18 })
    assert.deepEqual((await t.state('kept')).get('k'), { n: 18 })
  },
)

test('B42: in production a change to a snapshot of state does not reach the state', async () => {
  const { shown, errors } = await runBatches(
    (input) =>
      input()
        .mapWithState(
          StateSpec.function((_key: string, n: number | undefined, state: any) => {
            state.update({ n: (state.getOption()?.n ?? 0) + n! })
          }),
        )
        .stateSnapshots()
        .map((pair: any) => {
          pair[1].n *= 100
          return pair
        }),
    [[['k', 1]], [['k', 1]], [['k', 1]]],
  )
  assert.deepEqual(errors, [])
  assert.deepEqual(shown['out'], [[['k', { n: 100 }]], [['k', { n: 200 }]], [['k', { n: 300 }]]])
})
