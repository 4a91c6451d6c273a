import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../../lib/adapters/local/blob-memory.ts'
import type { Json } from '../../../../lib/model/json.ts'
import type { Source, SourceIo } from '../../../../lib/source/source.ts'
import type { RDD } from '../../../../lib/api/rdd/rdd.ts'
import { queueSource } from '../../../../lib/api/dstream/sources/queue-source.ts'
import { SparkContext } from '../../../../lib/api/rdd/spark-context.ts'
import { ManualClock } from '../../../../lib/adapters/local/manual-clock.ts'
import { memoryIo, readAll, sourceContract } from '../../../../lib/testing/contracts/source.ts'

const sc = new SparkContext('local[2]', 'queue')

sourceContract('queue', async () => {
  const queue: string[][] = []
  const clock = new ManualClock()
  return {
    source: queueSource(queue),
    clock,
    io: memoryIo(clock),
    feed: async (records) => {
      queue.push([...records])
    },
  }
})

sourceContract('queue, all at once', async () => {
  const queue: RDD<string>[] = []
  const clock = new ManualClock()
  return {
    source: queueSource(queue, { oneAtATime: false }),
    clock,
    io: memoryIo(clock),
    feed: async (records) => {
      queue.push(sc.parallelize(records, 2))
    },
  }
})

/** The partitions of the batch after `position`. */
async function cut<T>(
  source: Source<T>,
  position: Json | null = null,
  io: SourceIo = memoryIo(),
): Promise<{ position: Json; got: T[][] }> {
  const found = (await source.cut({ time: 1000, intervalMs: 1000, zeroTime: 0, position, limit: null, io }))!
  const got = await Promise.all(found.splits.map((split) => readAll(source, [split], io)))
  assert.equal(found.records, got.flat().length)
  return { position: found.position, got }
}

test('a batch takes one item, with its partitions; what is queued later comes later', async () => {
  const queue: (RDD<number> | number[])[] = [sc.parallelize([1, 2, 3], 2), [4]]
  const source = queueSource(queue)
  const first = await cut(source)
  queue.push([5, 6])
  const second = await cut(source, first.position)
  const third = await cut(source, second.position)
  assert.deepEqual([first.got, second.got, third.got], [[[1], [2, 3]], [[4]], [[5, 6]]])
  assert.equal(queue.length, 0)
})

test('or all items that are there, as one', async () => {
  const source = queueSource<number>([sc.parallelize([1], 1), sc.parallelize([2, 3], 2)], { oneAtATime: false })
  assert.deepEqual((await cut(source)).got, [[1], [2], [3]])
})

test('a large default is stored once, for all batches that get it', async () => {
  const io = memoryIo()
  const source = queueSource<string>([], { defaultRDD: sc.parallelize(['x'.repeat(20_000)], 1) })
  let position: Json | null = null
  for (let batch = 0; batch < 3; batch++) ({ position } = await cut(source, position, io))
  assert.equal((await io.blobs.list(io.prefix)).length, 1)
})

test('an empty queue gives the default each time, else an empty batch; empty partitions stay', async () => {
  const source = queueSource<number>([], { defaultRDD: sc.parallelize([7], 2) })
  const first = await cut(source)
  assert.deepEqual(
    [first.got, (await cut(source, first.position)).got],
    [
      [[], [7]],
      [[], [7]],
    ],
  )
  assert.deepEqual((await cut(queueSource([]))).got, [])
})

test('plain arrays are cut into as many slices as asked for', async () => {
  assert.deepEqual((await cut(queueSource([[1, 2, 3]], { slices: 2 }))).got, [[1], [2, 3]])
})

test('an RDD is evaluated where it was made, with all its operators', async () => {
  const rdd = sc
    .parallelize(['a', 'b', 'a'], 2)
    .map((word): [string, number] => [word, 1])
    .reduceByKey((a, b) => a + b, 1)
  assert.deepEqual(
    (await cut(queueSource([rdd]))).got.map((pairs) => new Map(pairs)),
    [
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    ],
  )
})

test('large items lie in the blob store until their batch is committed', async () => {
  const io = memoryIo()
  const queue = [Array.from({ length: 10_000 }, (_, i) => `record ${i}`)]
  const source = queueSource(queue)
  const { position, got } = await cut(source, null, io)
  assert.equal(got[0].length, 10_000)
  assert.equal((await io.blobs.list(io.prefix)).length, 1)
  await source.committed!({ taken: 0 }, io)
  assert.equal((await io.blobs.list(io.prefix)).length, 1)
  await source.committed!(position, io)
  assert.equal((await io.blobs.list(io.prefix)).length, 0)
})

test('an item that could not be stored or computed is taken again by the next batch', async () => {
  class Broken extends MemoryBlobStore {
    override putNew(): Promise<void> {
      return Promise.reject(new Error('no room'))
    }
  }
  const large = 'x'.repeat(50_000)
  let failures = 1
  const failing = sc.parallelize(['a'], 1).map((text) => {
    if (failures-- > 0) throw new Error('bad function')
    return text
  })
  const source = queueSource<string>([[large], failing, ['c']])
  await assert.rejects(cut(source, null, { ...memoryIo(), blobs: new Broken() }), /no room/)
  const first = await cut(source)
  assert.deepEqual(first.got, [[large]])
  await assert.rejects(cut(source, first.position), /bad function/)
  assert.deepEqual((await cut(source, first.position)).got, [['a']])
})

test('it cannot go on from a checkpoint, and says so', () =>
  assert.match(
    queueSource([]).unrecoverable!,
    /^queueStream doesn't support checkpointing\. Please don't use queueStream when checkpointing is enabled\.$/,
  ))

test('a batch that was not committed leaves its items to the next one, whatever its time', async () => {
  const source = queueSource([['a'], ['b']])
  const io = memoryIo()
  const request = { intervalMs: 1000, zeroTime: 0, position: null, limit: null, io }
  const failed = await source.cut({ ...request, time: 1000 })
  assert.deepEqual(await readAll(source, failed!.splits, io), ['a'])
  const next = await source.cut({ ...request, time: 2000 })
  assert.deepEqual(await readAll(source, next!.splits, io), ['a'])
})
