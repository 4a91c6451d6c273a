import { test } from 'node:test'
import { check } from '../../../support/run.ts'

const add = (a: number, b: number): number => a + b

test('one closure that merges serves operators that begin in different ways', () =>
  check(
    (input) => ({
      sums: input().reduceByKey(add),
      tens: input().combineByKey((value: number) => 10 * value, add, add),
    }),
    {
      batches: [
        [
          ['a', 1],
          ['a', 2],
          ['b', 3],
        ],
      ],
      splits: 1,
      expected: {
        sums: [
          [
            ['a', 3],
            ['b', 3],
          ],
        ],
        tens: [
          [
            ['a', 12],
            ['b', 30],
          ],
        ],
      },
    },
  ))

test('a single value passes through untouched, and 1 and "1" are two keys', () =>
  check((input) => input().reduceByKey(() => 'merged'), {
    batches: [
      [
        [1, 'x'],
        ['1', 'y'],
        [null, 'z'],
        [null, 'z'],
      ],
    ],
    expected: [
      [
        [1, 'x'],
        ['1', 'y'],
        [null, 'merged'],
      ],
    ],
  }))

test('an operator runs on an empty batch, and not on a missing one', () =>
  check((input) => ({ counts: input().reduceByKey(add), words: input().map(([word]: any) => word) }), {
    batches: [[['a', 1]], [], null, [['b', 1]]],
    expected: { counts: [[['a', 1]], [], undefined, [['b', 1]]], words: [['a'], [], undefined, ['b']] },
  }))

test('a batch without any partition is an empty batch', () =>
  check((input) => input().map((word: string) => word), { batches: [[], []], splits: 0, expected: [[], []] }))
