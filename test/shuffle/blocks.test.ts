import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupsOfPartition, keyGroupOf } from '../../lib/keys/key-group.ts'
import { hashKey } from '../../lib/keys/hash.ts'
import { decodeBuckets, encodeBuckets, joinBuckets, SectionReader, sectionsOf } from '../../lib/shuffle/blocks.ts'
import { HashPartitioner, RangePartitioner } from '../../lib/shuffle/partitioner.ts'
import { forReducers } from '../../lib/shuffle/own-sections.ts'
import { aggregated, merged as mergedBucket, pairsOf } from '../../lib/shuffle/reader.ts'
import { type Aggregator, combiningWriter, pairWriter } from '../../lib/shuffle/writer.ts'
import { withSeeds } from '../support/dice.ts'
import { grouped, reduced } from '../support/oracle.ts'
import { textOf } from '../support/run.ts'

const sum: Aggregator<number, number> = {
  create: (value) => value,
  merge: (a, b) => a + b,
  mergeCombiners: (a, b) => a + b,
  reduce: true,
}
const texts = (records: readonly unknown[]): string[] => records.map(textOf).sort()

test('whatever the maps and reducers, each key is reduced once and in one place', (t) =>
  withSeeds(t, 50, (dice) => {
    const partitioner = new HashPartitioner(dice.oneOf([1, 2, 3, 7]))
    const maps = dice.pairs(dice.between(1, 4)).map((batch) => batch!)
    const blocks = maps.map((pairs) => {
      const [combining, plain] = [combiningWriter(sum, partitioner), pairWriter(partitioner)]
      for (const pair of pairs)
        for (const writer of [combining, plain]) (writer.emit as (record: unknown) => void)(pair)
      return [combining, plain].map((writer) => encodeBuckets(writer.finish()))
    })
    const merged: unknown[] = []
    const lists: unknown[] = []
    for (let reducer = 0; reducer < partitioner.numPartitions; reducer++) {
      const [combined, plain] = [0, 1].map((kind) =>
        decodeBuckets(
          blocks.map((block) => block[kind]),
          reducer,
        ),
      )
      for (const [key] of combined.flatMap(({ keys }) => keys!.map((key) => [key])))
        assert.equal(partitioner.getPartition(key), reducer)
      merged.push(...pairsOf(mergedBucket(combined, sum as never)))
      lists.push(
        ...pairsOf(
          aggregated(plain, {
            create: (value) => [value],
            merge: (all: unknown[], value) => [...all, value],
            mergeCombiners: (a, b) => [...a, ...b],
          }),
        ),
      )
    }
    assert.deepEqual(texts(merged), texts(reduced(maps.flat(), (a, b) => a + b)))
    assert.deepEqual(texts(lists), texts(grouped(maps.flat())))
  }))

test('a key arrives with the hash that sent it where it is, and without one where nothing was hashed', () => {
  const pairs: [unknown, number][] = [
    ['a', 1],
    [2, 2],
    [null, 3],
    [[1, 'x'], 4],
  ]
  for (const newWriter of [pairWriter, (to: HashPartitioner) => combiningWriter(sum, to)]) {
    const writer = newWriter(new HashPartitioner(3))
    for (const pair of pairs) (writer.emit as (record: unknown) => void)(pair)
    const block = encodeBuckets(writer.finish())
    for (const reducer of [0, 1, 2])
      for (const { keys, hashes } of decodeBuckets([block], reducer))
        assert.deepEqual(
          hashes,
          keys!.map((key) => hashKey(key) | 0),
        )
  }
  const only = pairWriter(new HashPartitioner(1))
  ;(only.emit as (record: unknown) => void)(['a', 1])
  assert.equal(decodeBuckets([encodeBuckets(only.finish())], 0)[0].hashes, null)
})

test('several map partitions of a task join to one output, bucket by bucket and in order', () => {
  const bucket = (...keys: string[]) => ({ keys, values: keys.map((key) => key.length) })
  assert.deepEqual(
    joinBuckets([
      [bucket('a'), bucket()],
      [bucket('b', 'cc'), bucket('d')],
    ]),
    [bucket('a', 'b', 'cc'), bucket('d')],
  )
})

test('map partitions that join keep the hash of each key beside it', () => {
  const part = (...keys: number[]) => [{ keys, values: keys, hashes: keys.map((key) => key * 7) }]
  assert.deepEqual(joinBuckets([part(1, 2), part(3), part()]), part(1, 2, 3))
})

test('of one map task a key comes once, or once for each of its partitions where zero values count in each', () => {
  const part = (...keys: string[]) => [{ keys, values: keys.map((key) => key.length), hashes: null }]
  const [apiece] = joinBuckets([part('a', 'bb'), part('bb', 'a'), part('bb')])
  assert.deepEqual(pairsOf(mergedBucket([apiece], { ...sum, perPartition: true })), [
    ['a', 2],
    ['bb', 6],
  ])
  const [once] = part('a', 'bb')
  assert.equal(mergedBucket([once], sum as never), once)
})

test('a partition owns whole key groups, so state and shuffle agree about every key', (t) =>
  withSeeds(t, 50, (dice) => {
    const partitions = dice.between(1, 256)
    const key = dice.key()
    const { from, to } = groupsOfPartition(new HashPartitioner(partitions).getPartition(key), partitions)
    const group = keyGroupOf(hashKey(key))
    assert.ok(from <= group && group < to)
  }))

test('null goes to partition 0, and equal partitioners have equal numbers', () => {
  for (const partitions of [1, 2, 7, 256]) assert.equal(new HashPartitioner(partitions).getPartition(null), 0)
  assert.ok(new HashPartitioner(3).equals(new HashPartitioner(3)))
  assert.ok(!new HashPartitioner(3).equals(new HashPartitioner(4)))
})

test('a range holds keys up to its bound, and the bound itself; the last one the rest', () => {
  const ranges = new RangePartitioner([10, 20, 30], (a, b) => (a as number) - (b as number))
  const keys = [-5, 9, 10, 11, 20, 21, 30, 31, 1000]
  assert.deepEqual(
    keys.map((key) => ranges.getPartition(key)),
    [0, 0, 0, 1, 1, 2, 2, 3, 3],
  )
  assert.equal(new RangePartitioner([], () => 0).getPartition(1), 0)
})

test('a reducer of a shuffle into which nothing was mapped reads nothing', async () => {
  const reader = new SectionReader({ get: never, range: never })
  assert.deepEqual(await reader.read([], 1, { first: 0, last: 2 }), { input: [], sum: 0 })
})

test('sections of neighbours are read once, whichever of them asks first; others are read alone', async () => {
  const buckets = [1, 2, 3, 4].map((key) => ({ keys: [key], values: [key * 10] }))
  const bytes = encodeBuckets(buckets)
  const output = {
    shuffle: 0,
    ref: { key: 'app/i/blk/1', len: bytes.length, crc: 0 },
    counts: [1, 1, 1, 1],
    ...sectionsOf(bytes, 4),
  }
  const asked: number[][] = []
  const reader = new SectionReader({
    get: never,
    range: async (_ref, offset, length) => {
      asked.push([offset, length])
      return bytes.subarray(offset, offset + length)
    },
  })
  for (const reducer of [2, 1, 0]) {
    const { input } = await reader.read([output], reducer, { first: 1, last: 2 })
    assert.deepEqual(input[0].values, [(reducer + 1) * 10])
  }
  const [a, b, c] = output.sizes
  assert.deepEqual(asked, [
    [8 + a, b + c],
    [8, a],
  ])
})

test('of blocks that travel a task is sent all sections of its reducers, and no others', async () => {
  const outputs = [1, 2].map((task) => {
    const bytes = encodeBuckets([1, 2, 3, 4].map((key) => ({ keys: [key], values: [`${task}`.repeat(key)] })))
    const ref = { key: `app/i/blk/${task}`, len: bytes.length, crc: 0, inline: Buffer.from(bytes).toString('base64') }
    return { shuffle: 0, ref, counts: [1, 1, 1, 1], ...sectionsOf(bytes, 4) }
  })
  for (const range of [
    { first: 0, last: 0 },
    { first: 1, last: 2 },
    { first: 0, last: 3 },
    { first: 3, last: 3 },
  ]) {
    const sent = outputs.map((output) => forReducers(output, range))
    const reader = new SectionReader({ get: never, range: never })
    for (let reducer = range.first; reducer <= range.last; reducer++) {
      const { input, sum } = await reader.read(sent, reducer, range)
      assert.deepEqual(
        input.map(({ values }) => values),
        [['1'.repeat(reducer + 1)], ['2'.repeat(reducer + 1)]],
      )
      assert.equal(sum, outputs[0].sums[reducer] + outputs[1].sums[reducer])
    }
    const length = outputs[0].sizes.slice(range.first, range.last + 1).reduce((a, b) => a + b)
    assert.equal(Buffer.from(sent[0].sections!.bytes, 'base64').length, length)
  }
})

test('a task of more partitions than a shuffle has reducers reads all of its sections at once', async () => {
  const bytes = encodeBuckets([1, 2, 3].map((key) => ({ keys: [key], values: [key * 10] })))
  const ref = { key: 'app/i/blk/1', len: bytes.length, crc: 0 }
  const output = { shuffle: 0, ref, counts: [1, 1, 1], ...sectionsOf(bytes, 3) }
  let asked = 0
  const reader = new SectionReader({
    get: never,
    range: async (_ref, offset, length) => {
      asked++
      return bytes.subarray(offset, offset + length)
    },
  })
  for (const reducer of [1, 2]) {
    const { input } = await reader.read([output], reducer, { first: 1, last: 6 })
    assert.deepEqual(input[0].values, [(reducer + 1) * 10])
  }
  assert.equal(asked, 1)
})

const never = (): never => assert.fail('nothing is to be read')
