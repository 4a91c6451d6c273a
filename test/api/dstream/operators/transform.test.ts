import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RDD } from '../../../../lib/index.ts'
import { assertSame, check, runBatches } from '../../../support/run.ts'

test('results of actions shape the RDD that follows', () =>
  check(
    (input) =>
      input().transform((rdd: RDD<[string, number]>) => {
        const [count, [first]] = [rdd.count(), rdd.sortByKey().take(1)]
        return rdd.mapValues((value) => value + 10 * count + 100 * (first ? first[1] : 0))
      }),
    {
      batches: [
        [
          ['b', 1],
          ['a', 2],
        ],
        [],
        [['c', 3]],
      ],
      expected: [
        [
          ['b', 221],
          ['a', 222],
        ],
        [],
        [['c', 313]],
      ],
    },
  ))

test('an empty RDD is an empty batch', () =>
  check((input, { sparkContext }) => input().transform(() => sparkContext.emptyRDD<number>()), {
    batches: [[1], []],
    expected: [[], []],
  }))

test('a sorted batch stays sorted in its partitions', () =>
  check(
    (input) =>
      input()
        .transform((rdd: RDD<number>) => rdd.sortBy((n) => -n))
        .glom()
        .map((part: number[]) => part.join()),
    {
      batches: [[3, 1, 2, 5, 4, 6]],
      partitions: 1,
      splits: 1,
      expected: [['6,5,4,3,2,1']],
    },
  ))

test('state is seen by an action before it moves, and moves once', () =>
  check(
    (input) => {
      const state = input().updateStateByKey((values: readonly number[], sum = 0) =>
        values.reduce((a, b) => a + b, sum),
      )
      return {
        share: state.transform((rdd) => {
          const all = rdd.values().sum()
          return rdd.mapValues((sum) => sum / all)
        }),
        state,
      }
    },
    {
      batches: [
        [
          ['a', 1],
          ['b', 3],
        ],
        [['a', 4]],
      ],
      expected: {
        share: [
          [
            ['a', 0.25],
            ['b', 0.75],
          ],
          [
            ['a', 5 / 8],
            ['b', 3 / 8],
          ],
        ],
        state: [
          [
            ['a', 1],
            ['b', 3],
          ],
          [
            ['a', 5],
            ['b', 3],
          ],
        ],
      },
    },
  ))

const third = (time: { readonly milliseconds: number }): boolean => time.milliseconds % 10_000 === 3000

for (const [what, fail, code] of [
  [
    'throws',
    () => {
      throw new TypeError('no')
    },
    undefined,
  ],
  ['returns null', () => null, 'E_TRANSFORM_NULL'],
  [
    'runs an action that throws',
    (rdd: RDD<number>) => {
      rdd
        .map(() => {
          throw new TypeError('no')
        })
        .count()
    },
    'E_USER_CODE',
  ],
] as const) {
  test(`where the function ${what}, that batch is left out and later ones go on`, async () => {
    const run = await runBatches(
      (input) => input().transform((rdd: RDD<number>, time: any) => (third(time) ? (fail as any)(rdd) : rdd)),
      [[1], [2], [3], [4]],
    )
    assertSame(run.shown['out'], [[1], [2], undefined, [4]])
    assert.deepEqual(
      run.errors.map((error) => error.code),
      [code, code],
    )
  })
}

test('streams that meet need a batch each', async () => {
  const run = await runBatches((input) => ({ union: input('a').union(input('b')), alone: input('a') }), {
    a: [[1], [2], [3]],
    b: [[1], null, [3]],
  })
  assertSame(run.shown['union'], [[1, 1], undefined, [3, 3]])
  assert.deepEqual([run.errors[0].code, run.errors[0].spark], ['E_NO_RDD', 'SparkException'])
  assert.match(run.errors[0].message, /Could not generate RDD from a parent for unifying at time 1700000002000 ms/)
})
