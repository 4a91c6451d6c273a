import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MapOutput } from '../../../lib/model/task.ts'
import { runStages } from '../../../lib/runtime/batch/run-stages.ts'
import { inlineBytesOf, inputOf, keysIn, ownInputs, shares, taskBytesOf } from '../../../lib/runtime/batch/shares.ts'
import type { PlannedStage } from '../../../lib/runtime/planner.ts'
import { withSeeds } from '../../support/dice.ts'
import { firstBatch } from './first-batch.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test('partitions of which nothing is known are spread evenly over the slots', () => {
  const of = (count: number): number[][] =>
    shares({ partitions: upTo(count), weights: null, bytes: null }, { slots: 3, taskBytes: null })
  assert.deepEqual(of(0), [])
  assert.deepEqual(of(2), [[0], [1]])
  assert.deepEqual(of(7), [
    [0, 1],
    [2, 3],
    [4, 5, 6],
  ])
})

test('a large file stands alone, and the small ones beside it share a task', () => {
  const weights = [1, 1, 1, 1000, 1, 1]
  const [before, after] = [
    shares({ partitions: upTo(6), weights, bytes: 1005 }, { slots: 2, taskBytes: null }),
    shares({ partitions: upTo(6), weights, bytes: 1005 }, { slots: 3, taskBytes: null }),
  ]
  assert.deepEqual(before, [
    [0, 1, 2, 3],
    [4, 5],
  ])
  assert.deepEqual(after, [[0, 1, 2, 3], [4], [5]])
})

test('there are no more tasks than the bytes are worth, and one at least', () => {
  const tasks = (bytes: number): number =>
    shares({ partitions: upTo(8), weights: upTo(8).map(() => bytes / 8), bytes }, { slots: 4, taskBytes: 100 }).length
  assert.deepEqual([0, 1, 100, 101, 250, 399, 4000].map(tasks), [1, 1, 1, 2, 3, 4, 4])
})

test('whatever the weights, each partition is in one share, and no share reaches over one that has answered', (t) =>
  withSeeds(t, 200, (dice) => {
    const count = dice.between(1, 12)
    const partitions = upTo(count).filter(() => dice.between(0, 4) > 0)
    const weights = upTo(count).map(() => dice.oneOf([0, 1, 10, 1000]))
    const slots = dice.between(1, 5)
    const spread = shares(
      { partitions, weights: dice.oneOf([weights, null]), bytes: dice.oneOf([null, 500]) },
      { slots, taskBytes: dice.oneOf([null, 100]) },
    )
    assert.deepEqual(spread.flat(), partitions)
    for (const share of spread) assert.equal(share.at(-1)! - share[0] + 1, share.length)
  }))

const written = (inline: string | null, sizes: readonly number[]): MapOutput => ({
  shuffle: 0,
  ref: { key: 'a/i/blk/00/1/s0.0/t/x.0', len: 400, crc: 1, ...(inline === null ? {} : { inline }) },
  counts: sizes.map(() => 1),
  sums: sizes,
  sizes,
})
const reducing: PlannedStage = { id: 1, partitions: 4, parents: [0], terminal: { kind: 'effect' }, aligned: true }
const source = (weights: readonly number[]): PlannedStage => ({
  id: 0,
  partitions: weights.length,
  parents: [],
  terminal: { kind: 'shuffle', shuffle: 0, reducers: 4 },
  weights,
})

test('what was written for its shuffles says how many tasks reduce, unless there is much state', () => {
  const inputs = [written(null, [1, 1, 1, 1]), written(null, [1, 1, 1, 1])]
  assert.equal(inputOf(reducing, upTo(4), inputs, 0).bytes, 800)
  assert.equal(inputOf(reducing, upTo(4), inputs, 60_000).bytes, null)
})

test('a batch that is spread although it reads little has all slots', () => {
  const fanOut = { taskBytes: 100, inlineBytes: 1000 }
  assert.equal(taskBytesOf([source([60, 60]), reducing], fanOut), 100)
  assert.equal(taskBytesOf([source([20, 60]), reducing], fanOut), null)
  assert.equal(taskBytesOf([{ ...reducing, parents: [] }], fanOut), null)
  assert.equal(taskBytesOf([source([60, 60])], null), null)
})

test('what may travel is shared by the blocks of all tasks, and nobody is told a share of nothing', () => {
  const fanOut = { taskBytes: 100, inlineBytes: 1000 }
  assert.equal(inlineBytesOf(fanOut, 3, 2), 166)
  assert.equal(inlineBytesOf(fanOut, 3, 0), undefined)
  assert.equal(inlineBytesOf(fanOut, 0, 2), undefined)
  assert.equal(inlineBytesOf(null, 3, 2), undefined)
})

test('a reducer is sent its own sections of a block that travels, and the reference of one that does not', () => {
  const header = 12
  const block = Buffer.concat([Buffer.alloc(header, 9), Buffer.from('aabbbcdddd')])
  const inputs = { 0: [written(block.toString('base64'), [2, 3, 1, 4]), written(null, [2, 3, 1, 4])] }
  const [travels, stays] = ownInputs(reducing, [1, 2], inputs)[0]
  assert.equal(travels.ref.inline, undefined)
  assert.deepEqual(
    { ...travels.sections, bytes: Buffer.from(travels.sections!.bytes, 'base64').length },
    {
      first: 1,
      bytes: 4,
    },
  )
  assert.deepEqual(stays, inputs[0][1])
})

test('where partitions read sections of other numbers, each task is sent all of them', () => {
  const inputs = { 0: [written('AAAA', [1, 1])] }
  const { aligned: _aligned, ...moved } = reducing
  assert.deepEqual(ownInputs(moved, [1], inputs), inputs)
})

test('the keys of a batch are those of all chains that it builds on', () => {
  const chain = (keys: number) => ({ from: 0, to: 256, keys, blocks: [] })
  assert.equal(keysIn({ state: { sums: { chains: [chain(1), chain(20)] }, window: { chains: [chain(300)] } } }), 321)
  assert.equal(keysIn({ state: {} }), 0)
})

test('each task of a batch is told how many bytes of a block may travel, so that all of them are no more', async () => {
  const told: (number | null)[] = []
  const begin = (): ReturnType<typeof firstBatch> =>
    firstBatch((spec, honestly) => {
      if (spec.work[0].stage === 0) told.push(spec.inlineBytes ?? null)
      return honestly()
    })
  const { run, progress } = begin()
  const answers = await runStages({ ...run, fanOut: { taskBytes: 1, inlineBytes: 100_000 } }, progress)
  const shuffles = new Set(answers.flatMap((answer) => answer.shuffles.map(({ shuffle }) => shuffle))).size
  assert.deepEqual(
    told,
    [1, 2].map(() => Math.floor(100_000 / (2 * shuffles))),
  )
  told.length = 0
  const other = begin()
  await runStages(other.run, other.progress)
  assert.deepEqual(told, [null, null])
})
