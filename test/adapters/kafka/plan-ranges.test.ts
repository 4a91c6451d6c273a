import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  describe,
  newestOf,
  planRanges,
  positionAfter,
  type Progress,
  progressOf,
  type RateLimits,
} from '../../../lib/adapters/kafka/plan-ranges.ts'

const at = (partition: number, next: number, end: number, highWatermark = end): Progress => ({
  topic: 't',
  partition,
  first: 0,
  next,
  end,
  highWatermark,
  epoch: 0,
})
const none: RateLimits = { total: null, maxRate: () => 0, minRate: () => 1, seconds: 2 }
const counts = (partitions: readonly Progress[], limits: Partial<RateLimits>): number[] =>
  planRanges(partitions, { ...none, ...limits }).map(({ from, until }) => until - from)

test('without limits a batch takes everything; a limit for all is shared by lag, a limit a second caps each', () => {
  const partitions = [at(0, 10, 110), at(1, 0, 300), at(2, 5, 5)]
  assert.deepEqual(counts(partitions, {}), [100, 300, 0])
  assert.deepEqual(counts(partitions, { total: 40 }), [10, 30, 0])
  assert.deepEqual(counts(partitions, { maxRate: () => 6 }), [12, 12, 0])
  assert.deepEqual(counts(partitions, { total: 40, maxRate: () => 6 }), [10, 12, 0])
  assert.deepEqual(counts(partitions, { maxRate: ({ partition }) => (partition === 0 ? 1 : 0) }), [2, 300, 0])
})

test('a partition that has records is never given none, and never more than it has', () => {
  assert.deepEqual(counts([at(0, 0, 1), at(1, 0, 1_000_000)], { total: 10, minRate: () => 0 }), [1, 9])
  assert.deepEqual(counts([at(0, 0, 3)], { total: 1, minRate: () => 50 }), [3])
  assert.deepEqual(counts([at(0, 7, 3)], {}), [0])
})

test('a page of a batch shows the largest range first, no empty ones, and what is still to come', () => {
  const partitions = [at(0, 0, 5), at(1, 0, 50, 60), at(2, 9, 9)]
  const ranges = planRanges(partitions, none)
  assert.equal(
    describe(ranges, partitions),
    [
      'topic: t\tpartition: 1\toffsets: 0 to 50\tcount: 50',
      'topic: t\tpartition: 0\toffsets: 0 to 5\tcount: 5',
      'behind: 10 offsets, 10 of them held back by open transactions',
    ].join('\n'),
  )
})

test('F53: lag counts up to the last replicated record, also what an open transaction holds back', () => {
  const partitions = [at(0, 0, 5), at(1, 0, 50, 60), at(2, 9, 9)]
  const ranges = planRanges(partitions, { ...none, maxRate: () => 10 })
  const position = positionAfter({}, [{ name: 't', id: 'id', partitions: [] }], partitions, ranges)
  assert.deepEqual(progressOf(position, newestOf(partitions)), {
    committed: { t: { 0: 5, 1: 20, 2: 9 } },
    newest: { t: { 0: 5, 1: 60, 2: 9 } },
    lagRecords: 40,
    lagMs: null,
  })
  const { lagRecords, lagMs, newest } = progressOf(position, undefined)
  assert.deepEqual([lagRecords, lagMs, newest], [null, null, null], 'cuts of earlier versions do not say')
})

test('of many partitions the fifty with the most records are shown, and how many more there are', () => {
  const shown = (partitions: number): string[] => {
    const all = Array.from({ length: partitions }, (_, i) => at(i, 0, i + 1))
    return describe(planRanges(all, none), all).split('\n')
  }
  assert.equal(shown(50).filter((line) => line.startsWith('topic: ')).length, 50)
  assert.ok(!shown(50).some((line) => line.startsWith('and ')))
  assert.equal(shown(53).filter((line) => line.startsWith('topic: ')).length, 50)
  assert.ok(shown(53).includes('and 3 more'))
})
