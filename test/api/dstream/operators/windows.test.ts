import { test } from 'node:test'
import { HashPartitioner, seconds } from '../../../../lib/index.ts'
import { assertSame, check, runBatches } from '../../../support/run.ts'

const add = (a: number, b: number): number => a + b
const subtract = (a: number, b: number): number => a - b

test('countByWindow counts what is in the window, an empty one with 0', () =>
  check((input) => input().countByWindow(seconds(2), seconds(1)), {
    batches: [['a', 'b'], ['c'], [], []],
    expected: [[2], [3], [1], [0]],
  }))

test('countByValueAndWindow counts each value, and forgets one that has left, with as many partitions as asked', () =>
  check(
    (input) => ({
      counts: input().countByValueAndWindow(seconds(2), seconds(1)),
      partitions: input()
        .countByValueAndWindow(seconds(2), seconds(1), { partitions: 5, name: 'popular' })
        .transform((rdd: any) => rdd.glom())
        .count(),
    }),
    {
      batches: [['a', 'a'], ['b'], [], []],
      expected: {
        counts: [
          [['a', 2]],
          [
            ['a', 2],
            ['b', 1],
          ],
          [['b', 1]],
          [],
        ],
        partitions: [[5], [5], [5], [5]],
      },
    },
  ))

test('reduceByWindow with an inverse gives what it gives without, while there are records', () =>
  check(
    (input) => ({
      again: input().reduceByWindow(add, seconds(3), seconds(1)),
      incremental: input().reduceByWindow(add, subtract, seconds(3), seconds(1)),
    }),
    {
      batches: [[1, 2], [4], [8], [16]],
      expected: { again: [[3], [7], [15], [28]], incremental: [[3], [7], [15], [28]] },
    },
  ))

test('groupByKeyAndWindow gathers the values of a key in the order of their batches', () =>
  check((input) => input().groupByKeyAndWindow(seconds(2), seconds(1)), {
    batches: [[['a', 1], ['a', 2]], [['a', 3]], [['b', 4]]], // prettier-ignore
    expected: [[['a', [1, 2]]], [['a', [1, 2, 3]]], [['a', [3]], ['b', [4]]]], // prettier-ignore
  }))

test('a window of a slower slide shows each batch once where they do not overlap, at every second batch', () =>
  check((input) => input().window(seconds(2), seconds(2)), {
    batches: [['a'], ['b'], ['c'], ['d']],
    expected: [undefined, ['a', 'b'], undefined, ['c', 'd']],
  }))

test('a filter of a window goes with partitions as a number, as a partitioner and as options', async () => {
  const some = ([, sum]: [string, number]): boolean => sum > 0
  const given: readonly (readonly unknown[])[] = [
    [3, some],
    [new HashPartitioner(3), some],
    [{ partitions: 3 }, some],
    [{ partitions: 3, filter: some }],
  ]
  const run = await runBatches(
    (input) =>
      Object.fromEntries(
        given.map((each, i) => [
          `n${i}`,
          input()
            .reduceByKeyAndWindow(add, subtract, seconds(1), seconds(1), ...(each as [number]))
            .mapPartitions((pairs: Iterable<unknown>) => [[...pairs].length]),
        ]),
      ),
    [[['a', 1]], []],
  )
  for (const i of given.keys())
    assertSame(
      run.shown[`n${i}`],
      [
        [0, 0, 1],
        [0, 0, 0],
      ],
      `partitions ${i}`,
    )
})
