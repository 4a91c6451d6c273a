import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seconds } from '../../../../lib/index.ts'
import { temporaryFolder } from '../../../adapters/local/temporary-folder.ts'
import { assertSame, check, runBatches } from '../../../support/run.ts'

const add = (a: number, b: number): number => a + b
const subtract = (a: number, b: number): number => a - b
const once = [[['a', 1]], [['a', 2]], [['a', 4]], [['a', 8]], [['a', 16]], []]

test('with an inverse a key stays at its neutral value, with a filter it goes', () =>
  check(
    (input) => ({
      kept: input().reduceByKeyAndWindow(add, subtract, seconds(2)),
      filtered: input().reduceByKeyAndWindow(
        add,
        subtract,
        seconds(2),
        seconds(1),
        undefined,
        ([, sum]: [string, number]) => sum !== 0,
      ),
    }),
    {
      batches: [[['a', 1]], [['b', 5]], [], []],
      expected: {
        kept: [
          [['a', 1]],
          [
            ['a', 1],
            ['b', 5],
          ],
          [
            ['a', 0],
            ['b', 5],
          ],
          [
            ['a', 0],
            ['b', 0],
          ],
        ],
        filtered: [
          [['a', 1]],
          [
            ['a', 1],
            ['b', 5],
          ],
          [['b', 5]],
          [],
        ],
      },
    },
  ))

test('a function that changes and returns its first argument spoils no later window', () => {
  const into = (a: { n: number }, b: { n: number }): { n: number } => {
    a.n += b.n
    return a
  }
  const outOf = (a: { n: number }, b: { n: number }): { n: number } => {
    a.n -= b.n
    return a
  }
  const tallies = once.map((batch) => batch.map(([key, n]) => [key, { n }]))
  const expected = [1, 3, 7, 14, 28, 24].map((n) => [['a', { n }]])
  return check(
    (input) => ({
      stacks: input().reduceByKeyAndWindow(into, seconds(3)),
      incremental: input().reduceByKeyAndWindow(into, outOf, seconds(3)),
    }),
    { batches: tallies, expected: { stacks: expected, incremental: expected } },
  )
})

test('a batch that could not be planned is missing from the window, and leaves nothing in it for ever', async () => {
  const run = await runBatches(
    (input) => ({
      sums: input().reduceByKeyAndWindow(add, subtract, seconds(2)),
      broken: input().transform((rdd: any, time: any) => {
        if (time.milliseconds % 10_000 === 3000) throw new Error('no third batch')
        return rdd
      }),
    }),
    once,
  )
  assertSame(
    run.shown['sums'],
    [1, 3, undefined, 8, 24, 16].map((sum) => (sum === undefined ? undefined : [['a', sum]])),
  )
})

test('a rescale from one partition to two and back counts every pane once', async (t) =>
  check(
    (input) => ({
      stacks: input().reduceByKeyAndWindow(add, seconds(5)),
      incremental: input().reduceByKeyAndWindow(add, subtract, seconds(5)),
    }),
    {
      batches: [...once, []],
      dir: await temporaryFolder(t),
      lives: [1, 2, 1, 3, 2, 1, 7].map((partitions) => ({ batches: 1, partitions })),
      expected: {
        stacks: [1, 3, 7, 15, 31, 30, 28].map((sum) => [['a', sum]]),
        incremental: [1, 3, 7, 15, 31, 30, 28].map((sum) => [['a', sum]]),
      },
    },
  ))

for (const [form, inverse] of [
  ['with', subtract],
  ['without', null],
] as const)
  test(`E_ASYNC: a filter that answers with a promise keeps no pair of a window ${form} an inverse`, async () => {
    const { errors, shown } = await runBatches(
      (input) =>
        input().reduceByKeyAndWindow(add, inverse, seconds(2), seconds(1), {
          filter: (async () => false) as never,
        }),
      [[['a', 1]]],
    )
    assert.equal(errors[0].code, 'E_ASYNC')
    assert.match(errors[0].message, /^the filter of reduceByKeyAndWindow was given/)
    assert.deepEqual(shown['out'], [])
  })

test('a window without an inverse shows what its filter keeps, and what it has kept out comes back later', () =>
  check(
    (input) => input().reduceByKeyAndWindow(add, null, seconds(2), seconds(1), { filter: ([, sum]: any) => sum > 2 }),
    {
      batches: once,
      expected: [[], [['a', 3]], [['a', 6]], [['a', 12]], [['a', 24]], [['a', 16]]],
    },
  ))

test('E_WINDOW_INVERSE: a key that was filtered out with records inside cannot leave the window', async () => {
  const { errors, shown } = await runBatches(
    (input) =>
      input().reduceByKeyAndWindow(add, subtract, seconds(2), seconds(1), {
        filter: ([key]: any) => key !== 'dropped',
      }),
    [[['dropped', 1]], [['kept', 1]], [['kept', 1]]],
    { lives: [{ batches: 3 }] },
  )
  const [{ code, message, did, where, next }] = errors
  assert.deepEqual(
    [code, where.detail, did],
    ['E_WINDOW_INVERSE', 'type of key: string', 'this batch was not committed'],
  )
  assert.match(message, /^Neither previous window has value for key, nor new values found/)
  assert.equal(next.length, 2)
  assert.deepEqual(shown['out'], [[], [['kept', 1]]])
})
