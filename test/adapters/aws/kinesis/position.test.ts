import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  beginningOf,
  bytesBehind,
  firstPosition,
  nextPosition,
  type Position,
  progressOf,
  type ShardEnd,
  unknownParents,
  withoutParents,
} from '../../../../lib/adapters/aws/kinesis/position.ts'

const stream = { stream: 'arn', created: 1 }
const start = firstPosition(stream, [{ shard: 'a', parents: [] }], {})

/** The position after a batch in which these shards ended so. */
const read = (position: Position, ends: Record<string, ShardEnd>): Position =>
  nextPosition(
    position,
    Object.entries(ends).map(([shard, end]) => ({ shard, from: position.open[shard], most: 10, end })),
  )
const closed = (...children: (readonly [string, ...string[]])[]): ShardEnd => ({
  records: 0,
  children: children.map(([shard, ...parents]) => ({ shard, parents })),
})

test('F44: the shards of a split begin when the one that was split is read, an empty one too', () => {
  const after = read(start, { a: closed(['b', 'a'], ['c', 'a']) })
  assert.deepEqual(after.open, { b: {}, c: {} })
  assert.deepEqual([after.waiting, after.done], [{}, []])
})

test('F44: the shard of a merge begins when both that were merged are read', () => {
  const split = read(start, { a: closed(['b', 'a'], ['c', 'a']) })
  const half = read(split, { b: closed(['d', 'b', 'c']), c: { records: 1, seq: '5' } })
  assert.deepEqual(half.open, { c: { seq: '5' } })
  const both = read(half, { c: closed(['d', 'b', 'c']) })
  assert.deepEqual([both.open, both.waiting, both.done], [{ d: {} }, {}, []])
})

test('F44: a merge with a shard that nobody has heard of yet waits for that one', () => {
  // a and b exist; b is split into c and d, of which c is merged with a into e. First only a is read to its end.
  const two = firstPosition(
    stream,
    [
      { shard: 'a', parents: [] },
      { shard: 'b', parents: [] },
    ],
    {},
  )
  const early = read(two, { a: closed(['e', 'a', 'c']), b: { records: 0 } })
  assert.deepEqual([Object.keys(early.open), unknownParents(early)], [['b'], ['c']])
  const later = read(early, { b: closed(['c', 'b'], ['d', 'b']) })
  assert.deepEqual([Object.keys(later.open), unknownParents(later)], [['c', 'd'], []])
  const last = read(later, { c: closed(['e', 'a', 'c']), d: { records: 0 } })
  assert.deepEqual([Object.keys(last.open).sort(), last.waiting, last.done], [['d', 'e'], {}, []])
})

test('parents that are gone from the stream are not waited for', () => {
  const early = read(start, { a: closed(['e', 'a', 'gone']) })
  assert.deepEqual(withoutParents(early, new Set(['gone'])).open, { e: {} })
})

test('a stream that was split before begins with the oldest shards', () => {
  const shards = [
    { shard: 'b', parents: ['a', 'expired'] },
    { shard: 'a', parents: ['expired'] },
  ]
  const { open, waiting } = firstPosition(stream, shards, { time: 9 })
  assert.deepEqual([open, waiting], [{ a: { time: 9 } }, { b: ['a'] }])
})

test(
  'a shard that was silent for long is read from the time at which everything was read, not from its ' + 'last record',
  () => {
    const hour = 3_600_000
    assert.deepEqual(beginningOf({ seq: '5', arrived: 10 * hour, tip: 10 * hour }), { kind: 'record', seq: '5' })
    assert.deepEqual(beginningOf({ seq: '5', arrived: 10 * hour, tip: 15 * hour }), {
      kind: 'time',
      time: 15 * hour - 5 * 60_000,
    })
    assert.deepEqual(beginningOf({ tip: 15 * hour }), { kind: 'time', time: 15 * hour - 5 * 60_000 })
    assert.deepEqual(beginningOf({ time: 15 * hour, tip: 15 * hour + 1 }), { kind: 'time', time: 15 * hour })
    assert.deepEqual(beginningOf({}), { kind: 'oldest' })
  },
)

test('the lag of a batch is that of its slowest shard; records are counted only where none are left', () => {
  const position = { ...start, open: { a: { seq: '5', sub: 2 }, b: {} } }
  const lag = (...ends: readonly Partial<ShardEnd>[]): (number | null)[] => {
    const splits = ends.map((end) => ({ shard: 'a', from: {}, most: 10, end: { records: 1, ...end } }))
    const { lagRecords, lagMs } = progressOf(position, splits)
    return [lagRecords, lagMs]
  }
  assert.deepEqual(lag({ behindMs: 0 }, { behindMs: 700 }), [null, 700])
  assert.deepEqual(lag({ behindMs: 0 }, { behindMs: 0 }), [0, 0])
  assert.deepEqual(lag({ behindMs: 0, children: [{ shard: 'b', parents: ['a'] }] }), [null, 0], 'what children hold')
  assert.deepEqual(lag({ behindMs: 0, records: 10 }), [null, 0], 'records of the same moment')
  assert.deepEqual(lag({}), [null, null], 'earlier versions did not keep it')
  assert.deepEqual(progressOf(position, []).committed, { a: '5:2', b: null })
})

test('what a shard has to read is told by what was read of it, and by what shards take at most', () => {
  const at = 1_000_000
  const second = (n: number): number => at + n * 1000
  const fixed = firstPosition(stream, [{ shard: 'a', parents: [] }], { time: at })
  const behind = (position: Position, now: number): number | undefined => bytesBehind(position.open['a'], now)
  assert.equal(bytesBehind({}, at), undefined, 'read from its oldest record on')
  assert.equal(behind(fixed, second(2)), 1024 + 2 * 2 ** 20, 'nothing was read yet: as much as a shard takes')
  const busy = read(fixed, { a: { records: 9, seq: '5', arrived: second(9), tip: second(10), bytes: 10_000 } })
  assert.equal(behind(busy, second(13)), 1024 + 3000)
  const quiet = read(busy, { a: { records: 0, tip: second(20), bytes: 0 } })
  assert.equal(behind(quiet, second(23)), 1024 + 1500, 'a quiet batch is half believed')
  const again = read(quiet, { a: { records: 1, seq: '6', arrived: second(21), tip: second(21), bytes: 5000 } })
  assert.equal(behind(again, second(22)), 1024 + 5000, 'a busy one at once')
  const limited = read(again, { a: { records: 10, seq: '7', arrived: second(23), bytes: 4000 } })
  assert.equal(behind(limited, second(33)), 1024 + 10 * 2500, 'behind the last record where more was left')
  const older = read(busy, { a: { records: 0, tip: second(20) } })
  assert.equal(behind(older, second(21)), 1024 + 1000, 'ends of a version that counted no bytes')
  assert.equal(behind(busy, at), 1024, 'a clock that was set back')
})
