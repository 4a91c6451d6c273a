import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  app,
  type DStream,
  HashPartitioner,
  seconds,
  type State,
  StateSpec,
  StateUpdate,
  type Time,
} from '../../../../lib/index.ts'
import type { SluiceError } from '../../../../lib/model/errors.ts'
import { testApp } from '../../../../lib/testing/index.ts'

type Pairs = DStream<[string, number]>

const program = (define: (pairs: Pairs) => DStream<any>) =>
  app('forms', seconds(1), (ssc) => {
    define(ssc.socketTextStream('localhost', 1).map((word): [string, number] => [word, 1])).print()
  })

/** What two batches of words leave as rows, sorted. */
async function rowsOf(define: (pairs: Pairs) => DStream<any>): Promise<unknown[]> {
  await using t = await testApp(program(define))
  const [, rows] = await t.run([['a', 'b'], ['a']])
  return rows.sort((a, b) => (String(a) < String(b) ? -1 : 1))
}

const refused = async (define: (pairs: Pairs) => DStream<any>): Promise<SluiceError> => {
  try {
    await rowsOf(define)
  } catch (error) {
    return error as SluiceError
  }
  throw new Error('it was not refused')
}

const sum = (values: readonly number[], state: number): number => values.reduce((a, b) => a + b, state)
const two = [
  ['a', 2],
  ['b', 1],
]

test('updateStateByKey takes a function whose last parameter has a default value for what it is', async () => {
  const partitioner = new HashPartitioner(2)
  const timed = (_time: Time, _key: string, values: number[], state: number = 0) => sum(values, state)
  assert.deepEqual(await rowsOf((pairs) => pairs.updateStateByKey(timed, partitioner, true)), two)
  assert.deepEqual(await rowsOf((pairs) => pairs.updateStateByKey(StateUpdate.timed(timed))), two)
  const entries = function* (given: Iterable<[string, number[], number | undefined]>) {
    for (const [key, values, state] of given) yield [key, sum(values, state ?? 0)] as const
  }
  assert.deepEqual(await rowsOf((pairs) => pairs.updateStateByKey(entries, partitioner, true)), two)
  assert.deepEqual(await rowsOf((pairs) => pairs.updateStateByKey(StateUpdate.entries(entries))), two)
})

test('a function of updateStateByKey that was taken for the wrong form says so, with its line', async () => {
  const odd = (_time: Time, key: string = '', values: number[] = [], state: number = 0) =>
    sum(values, state + key.length)
  const error = await refused((pairs) => pairs.updateStateByKey(odd as never, new HashPartitioner(2), true))
  assert.equal(error.code, 'E_ARGUMENT')
  assert.match(error.message, /was taken for \(entries\), and uses more parameters/)
  assert.match(error.where.place!, /state-forms\.test\.ts:\d+/)
  assert.match(error.next[0], /StateUpdate\.timed/)
  const long = await refused((pairs) =>
    pairs.updateStateByKey(((_t: Time, _k: string, values: number[], state?: number) =>
      sum(values, state ?? 0)) as never),
  )
  assert.deepEqual(
    [long.code, long.message],
    ['E_ARGUMENT', 'The function of updateStateByKey has 4 parameters; (values, state) has two.'],
  )
})

test('StateSpec: a default value does not make another form of a function in silence', async () => {
  const count = (state: State<number>, value: number | undefined): number => {
    const total = (state.getOption() ?? 0) + (value ?? 0)
    state.update(total)
    return total
  }
  const timed = (_time: Time, _key: string, value?: number, state?: State<number>) => count(state!, value)
  assert.deepEqual(await rowsOf((pairs) => pairs.mapWithState(StateSpec.timed(timed as never))), [2])
  assert.deepEqual(
    await rowsOf((pairs) =>
      pairs.mapWithState(
        StateSpec.mapping((_key: string, value: number | undefined, ...rest: State<number>[]) => count(rest[0], value)),
      ),
    ),
    [2],
  )
  const never = null as unknown as State<number>
  const error = await refused((pairs) =>
    pairs.mapWithState(
      StateSpec.function(((_time: Time, _key: string, value: number | undefined, state: State<number> = never) =>
        count(state, value)) as never),
    ),
  )
  assert.equal(error.code, 'E_ARGUMENT')
  assert.match(error.message, /taken for \(key, value, state\), and uses more parameters/)
  assert.match(error.where.place!, /state-forms\.test\.ts:\d+/)
  assert.match(error.next[0], /StateSpec\.timed/)
})

test('a state before the first batch that is no RDD is refused, and is not taken for none', async () => {
  const sums = StateSpec.mapping((_key: string, value: number | undefined) => value)
  for (const [initial, words] of [
    [[['a', 1]], 'an array of 1'],
    [Promise.resolve([['a', 1]]), 'an object'],
    [new Map([['a', 1]]), 'an object'],
  ] as const) {
    const wrong = initial as never
    for (const define of [
      (pairs: Pairs) => pairs.updateStateByKey((ones: number[], state?: number) => sum(ones, state ?? 0), 2, wrong),
      (pairs: Pairs) => pairs.updateStateByKey(StateUpdate.timed(() => 1), { initial: wrong }), // prettier-ignore
      (pairs: Pairs) => pairs.mapWithState(sums.initialState(wrong)),
    ]) {
      const error = await refused(define)
      assert.equal(error.code, 'E_ARGUMENT')
      assert.equal(error.message, `The state before the first batch is ${words}, and must be an RDD of pairs.`)
    }
  }
})

test('a state before the first batch counts in each form, wherever it is given', async () => {
  const timed = (_time: Time, _key: string, values: number[], state = 0): number => sum(values, state)
  const partitioner = new HashPartitioner(2)
  const forms: ((pairs: any, initial: unknown) => DStream<any>)[] = [
    (pairs, initial) => pairs.updateStateByKey(timed, { partitions: partitioner, initial }, true),
    (pairs, initial) => pairs.updateStateByKey(StateUpdate.timed(timed), partitioner, initial),
    (pairs, initial) => pairs.updateStateByKey(StateUpdate.timed(timed), partitioner, true, initial),
  ]
  for (const form of forms) {
    const rows = await rowsOf((pairs) => form(pairs, pairs.context.sparkContext.parallelize([['z', 100]])))
    assert.deepEqual(rows.at(-1), ['z', 100])
  }
})
