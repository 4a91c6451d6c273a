import assert from 'node:assert/strict'
import { test } from 'node:test'
import { app, seconds, type SluiceError } from '../../../../lib/index.ts'
import { type RateOptions, type RateRecord, rateSource } from '../../../../lib/api/dstream/sources/rate-source.ts'
import type { Json } from '../../../../lib/model/json.ts'
import { memoryIo, readAll } from '../../../../lib/testing/contracts/source.ts'

const ZERO = 1_700_000_000_000

interface Asked {
  readonly perSecond: number
  readonly options?: RateOptions
  /** The position it goes on from, and the time of the batch that left it. */
  readonly from?: { readonly position: Json; readonly time: number }
  readonly limit?: number
}

/** Cuts a batch at each time, in ms after zero, each by a source of its own, as processes come and go. */
async function batches(times: readonly number[], { perSecond, options = {}, from, limit }: Asked) {
  let last = from ?? null
  const got: RateRecord[][] = []
  const splits: number[] = []
  for (const after of times) {
    const source = rateSource(perSecond, options)
    const cut = (await source.cut({
      time: ZERO + after,
      intervalMs: 1000,
      zeroTime: ZERO,
      committedTime: last?.time ?? null,
      position: last?.position ?? null,
      limit: limit ?? null,
      io: memoryIo(),
    }))!
    const records = await readAll(source, cut.splits, memoryIo())
    assert.deepEqual(await readAll(source, cut.splits, memoryIo()), records)
    assert.equal(cut.records, records.length)
    got.push(records)
    splits.push(cut.splits.length)
    last = { position: JSON.parse(JSON.stringify(cut.position)) as Json, time: ZERO + after }
  }
  return { got, splits, last: last! }
}

const values = (records: readonly RateRecord[]): number[] => records.map(({ value }) => value)

test('records are due evenly, and a batch has those that became due since the one before', async () => {
  const { got } = await batches([1000, 2000], { perSecond: 4 })
  assert.deepEqual(
    got.map((records) => records.map(({ time, value }) => [time - ZERO, value])),
    [[[0, 0], [250, 1], [500, 2], [750, 3]], [[1000, 4], [1250, 5], [1500, 6], [1750, 7]]], // prettier-ignore
  )
})

test('less than one record a second comes when it is due', async () => {
  const { got } = await batches([1000, 2000, 3000, 4000, 5000], { perSecond: 0.4 })
  assert.deepEqual(got.map(values), [[], [], [0], [], [1]])
})

test('what a downtime brought comes with the first batch after it', async () => {
  const { got } = await batches([1000, 60_000], { perSecond: 10 })
  assert.deepEqual(
    got.map((records) => records.length),
    [10, 590],
  )
})

test('a batch is shared by partitions, each with records that follow each other', async () => {
  const { got, splits } = await batches([1000, 2000], { perSecond: 5, options: { partitions: 2 } })
  assert.deepEqual([got.map(values), splits], [[[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]], [2, 2]]) // prettier-ignore
})

test('where there are fewer records than partitions, those have one each', async () => {
  const { got, splits } = await batches([1000, 3000], { perSecond: 1, options: { partitions: 3 } })
  assert.deepEqual(
    [got.map(values), splits],
    [
      [[0], [1, 2]],
      [1, 2],
    ],
  )
})

test('a batch time before that of the last batch brings nothing, and takes nothing back', async () => {
  const { got } = await batches([2000, 1000, 3000], { perSecond: 2 })
  assert.deepEqual(got.map(values), [[0, 1, 2, 3], [], [4, 5]])
})

test('ten million records a second are taken', () => assert.equal(rateSource(10_000_000).address, '10000000 records/s'))

test('another rate holds from the last batch on, and values go on', async () => {
  const { last } = await batches([1000], { perSecond: 3 })
  const { got } = await batches([2000, 3000], { perSecond: 2, from: last })
  assert.deepEqual(
    got.map((records) => records.map(({ time, value }) => [time - ZERO, value])),
    [[[1000, 3], [1500, 4]], [[2000, 5], [2500, 6]]], // prettier-ignore
  )
})

test('a limit leaves records to the next batch', async () => {
  const { got } = await batches([1000, 2000], { perSecond: 5, limit: 4 })
  assert.deepEqual(got.map(values), [[0, 1, 2, 3], [4, 5, 6, 7]]) // prettier-ignore
})

for (const [perSecond, options] of [
  [0, {}],
  [-1, {}],
  [NaN, {}],
  [10_000_001, {}],
  [1, { partitions: 0 }],
] as const)
  // prettier-ignore
  test(`rateStream(${perSecond}, ${JSON.stringify(options)}) is refused where it is written`, () => {
    const define = app('rate', seconds(1), (ssc) => ssc.rateStream(perSecond, options).print())
    assert.throws(
      () => define.build(),
      (error: SluiceError) => error.code === 'E_ARGUMENT' && /rate-source\.test\.ts:\d+/.test(error.where.place!),
    )
  })
