import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seconds } from '../../../../lib/index.ts'
import { assertSame, check, runBatches } from '../../../support/run.ts'

const total = (values: readonly number[], sum = 0): number => values.reduce((a, b) => a + b, sum)

test('every key is shown in every batch, with and without data', () =>
  check((input) => input().updateStateByKey(total), {
    batches: [[['a', 1]], [['b', 2]], []],
    expected: [
      [['a', 1]],
      [
        ['a', 1],
        ['b', 2],
      ],
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
  }))

test('where the stream has no batch the function sees no values, and before the first batch there is nothing', () =>
  check(
    (input) =>
      input().updateStateByKey((values: readonly number[], state?: string) => `${state ?? ''}${values.length}`),
    {
      batches: [null, [['a', 1]], null, []],
      expected: [undefined, [['a', '1']], [['a', '10']], [['a', '100']]],
    },
  ))

test('a key that was removed begins without state, also when its place was taken by another', () =>
  check(
    (input) =>
      input().updateStateByKey((values: readonly number[], state?: number) =>
        values.includes(9) ? undefined : total(values, state),
      ),
    {
      batches: [[['a', 1]], [['a', 9]], [['b', 2]], [['a', 3]]],
      expected: [
        [['a', 1]],
        [],
        [['b', 2]],
        [
          ['a', 3],
          ['b', 2],
        ],
      ],
    },
  ))

test('what is done to the state as it was shown changes nothing in the next batch', () =>
  check(
    (input) => {
      const state = input().updateStateByKey((values: readonly number[], tally?: { n: number }) => ({
        n: total(values, tally?.n),
      }))
      return state
        .map(([, tally]): [number, { n: number }] => [1, tally])
        .reduceByKey((a, b) => {
          a.n += b.n
          return a
        })
    },
    {
      batches: [
        [
          ['a', 1],
          ['b', 2],
        ],
        [],
        [],
      ],
      expected: [[[1, { n: 3 }]], [[1, { n: 3 }]], [[1, { n: 3 }]]],
    },
  ))

test('the state of a stream that slides by two moves at every second batch', () =>
  check((input) => input().window(seconds(2), seconds(2)).updateStateByKey(total), {
    batches: [[['a', 1]], [['a', 2]], [['a', 4]], [['a', 8]]],
    expected: [undefined, [['a', 3]], undefined, [['a', 15]]],
  }))

test('a function that throws fails its batch, names the place, and leaves the state as it was', async () => {
  let failures = 1
  const run = await runBatches(
    (input) =>
      input().updateStateByKey((values: readonly number[], sum?: number) => {
        if (values.includes(13) && failures-- > 0) throw new RangeError('thirteen')
        return total(values, sum)
      }),
    [
      [['a', 1]],
      [
        ['a', 2],
        ['b', 13],
      ],
      [['a', 4]],
    ],
  )
  const with13 = [
    ['a', 3],
    ['b', 13],
  ]
  const after13 = [
    ['a', 7],
    ['b', 13],
  ]
  assertSame(run.shown['out'], [[['a', 1]], with13, after13])
  assert.equal(run.errors.length, 1)
  const { code, message, where } = run.errors[0]
  assert.deepEqual([code, message, where.batch], ['E_USER_CODE', 'RangeError: thirteen', 2])
  assert.match(where.place, /update-state-by-key\.test\.ts:\d+:\d+$/)
})
