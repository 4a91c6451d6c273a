import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MapOutput, Reduced } from '../../../lib/model/task.ts'
import { lossyShuffle } from '../../../lib/runtime/batch/next-manifest.ts'

const sent = (sums: number[], counts: number[]): MapOutput => ({
  shuffle: 0,
  ref: { key: 'k', len: 1, crc: 1 },
  sums,
  counts,
})
const read = (reducer: number, records: number, sum: number): Reduced => ({ shuffle: 0, reducer, records, sum })
const done = (shuffles: MapOutput[], reduced: Reduced[]): Parameters<typeof lossyShuffle>[0][number] => ({
  kind: 'done',
  task: 't',
  exec: 0,
  executionId: 'r',
  shuffles,
  reduced,
  state: [],
  retained: [],
  outputs: [],
  records: {},
  accumulators: {},
})

const maps = [done([sent([10, 0], [3, 0])], []), done([sent([5, 7], [2, 1])], [])]

test('F31: what reducers read must be what the winning map tasks sent them, in any order', () => {
  assert.equal(lossyShuffle([...maps, done([], [read(1, 1, 7), read(0, 5, 15)])]), null)
})

test('a block that was left out, read twice, or taken from another run is named with its shuffle and reducer', () => {
  assert.match(
    lossyShuffle([...maps, done([], [read(0, 3, 10)])])!,
    /^shuffle 0: 5 records were sent to reducer 0, and it read 3$/,
  )
  assert.match(
    lossyShuffle([...maps, done([], [read(1, 2, 14)])])!,
    /^shuffle 0: 1 records were sent to reducer 1, and it read 2$/,
  )
  assert.match(lossyShuffle([...maps, done([], [read(0, 5, 16)])])!, /^shuffle 0: reducer 0 read other records/)
  assert.match(lossyShuffle([done([], [read(3, 1, 9)])])!, /^shuffle 0: 0 records were sent to reducer 3/)
})
