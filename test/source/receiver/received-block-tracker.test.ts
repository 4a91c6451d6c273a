import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { BlobBlockLog } from './block-log.ts'
import { type BlockEvent, ReceivedBlockTracker } from '../../../lib/source/receiver/received-block-tracker.ts'

const blocks = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

test(
  'waiting blocks go to the next batch; asking again for its time gives the same ones and takes ' + 'nothing new',
  async () => {
    const tracker = new ReceivedBlockTracker<string>()
    assert.equal(tracker.hasLog, false)
    assert.deepEqual(tracker.unallocated(1), [])
    await tracker.addBlocks(1, blocks('b', 5))
    assert.deepEqual(tracker.unallocated(1), blocks('b', 5))
    assert.equal(tracker.hasUnallocated, true)

    await tracker.allocate(1)
    assert.deepEqual(tracker.blocksOfBatch(1, 1), blocks('b', 5))
    assert.deepEqual(tracker.unallocated(1), [])
    assert.equal(tracker.hasUnallocated, false)

    await tracker.allocate(2)
    assert.deepEqual(tracker.blocksOfBatch(2, 1), [])
    await tracker.allocate(1)
    assert.deepEqual(tracker.blocksOfBatch(1, 1), blocks('b', 5))

    await tracker.addBlocks(1, blocks('b', 5))
    await tracker.allocate(2)
    assert.deepEqual(tracker.blocksOfBatch(2, 1), [])
    assert.deepEqual(tracker.unallocated(1), blocks('b', 5))
  },
)

test('blocks of one stream wait while another has none, and each batch has its own of each', async () => {
  const tracker = new ReceivedBlockTracker<string>()
  assert.equal(tracker.hasUnallocated, false)
  await tracker.addBlocks(1, ['a'])
  await tracker.allocate(1)
  await tracker.addBlocks(2, ['b'])
  assert.equal(tracker.hasUnallocated, true)
  await tracker.allocate(2)
  assert.deepEqual(
    [1, 2].map((time) => [tracker.blocksOfBatch(time, 1), tracker.blocksOfBatch(time, 2)]),
    [
      [['a'], []],
      [[], ['b']],
    ],
  )
  await tracker.cleanupOldBatches(2)
  assert.deepEqual([tracker.blocksOfBatch(1, 1), tracker.blocksOfBatch(2, 2)], [[], ['b']])
})

test('blocks are given back by whoever has no log to tell of it', async () => {
  const log = { append: async () => {}, clean: async () => {}, read: async () => [] } as never
  const tracker = new ReceivedBlockTracker<string>(log)
  assert.throws(() => tracker.giveBack(() => true, 1), { code: 'E_RECEIVER_STATE' })
})

test('the log brings back exactly what was not allocated, not all that came before an allocation', async () => {
  const store = new MemoryBlobStore()
  const log = new BlobBlockLog<string>(store, 'log/')
  await log.append({ kind: 'added', stream: 1, blocks: blocks('a', 3) })
  await log.append({ kind: 'added', stream: 1, blocks: blocks('u', 3) })
  await log.append({ kind: 'allocated', time: 0, blocks: [[1, blocks('a', 3)]] })

  const tracker = await ReceivedBlockTracker.recover(new BlobBlockLog<string>(store, 'log/'))
  assert.equal(tracker.hasLog, true)
  assert.deepEqual(tracker.blocksOfBatch(0, 1), blocks('a', 3))
  assert.deepEqual(tracker.unallocated(1), blocks('u', 3))
})

test('batches that are cleaned up are forgotten for good, and their part of the log goes', async () => {
  const store = new MemoryBlobStore()
  const recover = (): Promise<ReceivedBlockTracker<string>> =>
    ReceivedBlockTracker.recover(new BlobBlockLog<string>(store, 'log/'))

  const first = new ReceivedBlockTracker<string>(new BlobBlockLog(store, 'log/'))
  await first.addBlocks(1, blocks('x', 3))
  const second = await recover()
  assert.deepEqual(second.unallocated(1), blocks('x', 3))
  await second.allocate(2000)
  await second.addBlocks(1, blocks('y', 2))
  await second.allocate(4000)

  const third = await recover()
  assert.deepEqual(third.blocksOfBatch(2000, 1), blocks('x', 3))
  assert.deepEqual(third.blocksOfBatch(4000, 1), blocks('y', 2))
  assert.deepEqual(third.unallocated(1), [])
  const [oldest] = await store.list('log/')
  await third.cleanupOldBatches(4000)
  assert.deepEqual(third.blocksOfBatch(2000, 1), [])
  assert.equal((await store.list('log/')).includes(oldest), false)

  const fourth = await recover()
  assert.deepEqual(fourth.unallocated(1), [])
  assert.deepEqual(fourth.blocksOfBatch(2000, 1), [])
  assert.deepEqual(fourth.blocksOfBatch(4000, 1), blocks('y', 2))
})

test('an allocation that cannot be logged loses no block: they go to the next batch', async () => {
  const store = new MemoryBlobStore()
  let isBroken = false
  class BreakableLog extends BlobBlockLog<string> {
    override async append(event: BlockEvent<string>): Promise<void> {
      if (isBroken && event.kind === 'allocated') throw new Error('Not able to write BatchAllocationEvent')
      await super.append(event)
    }
  }
  const tracker = new ReceivedBlockTracker<string>(new BreakableLog(store, 'log/'))
  await tracker.addBlocks(1, blocks('b', 5))
  isBroken = true
  await assert.rejects(tracker.allocate(1), /Not able to write BatchAllocationEvent/)
  assert.deepEqual(tracker.unallocated(1), blocks('b', 5))
  assert.deepEqual(tracker.blocksOfBatch(1, 1), [])
  isBroken = false
  await tracker.allocate(2)
  assert.equal(tracker.hasUnallocated, false)
  assert.deepEqual(tracker.blocksOfBatch(2, 1), blocks('b', 5))

  const recovered = await ReceivedBlockTracker.recover(new BlobBlockLog<string>(store, 'log/'))
  assert.deepEqual(recovered.unallocated(1), [])
  assert.deepEqual(recovered.blocksOfBatch(2, 1), blocks('b', 5))
})

test('blocks that arrive while an allocation is being logged wait for the next batch', async () => {
  const store = new MemoryBlobStore()
  const tracker = new ReceivedBlockTracker<string>(new BlobBlockLog(store, 'log/'))
  await tracker.addBlocks(1, ['a'])
  await Promise.all([tracker.allocate(1), tracker.addBlocks(1, ['b'])])
  assert.deepEqual([tracker.blocksOfBatch(1, 1), tracker.unallocated(1)], [['a'], ['b']])
})

test('blocks of batches that came to nothing are given back in the order they came', async () => {
  const tracker = new ReceivedBlockTracker<string>()
  for (const time of [1, 2, 3]) {
    await tracker.addBlocks(1, blocks(`${time}.`, 2))
    await tracker.allocate(time)
  }
  await tracker.addBlocks(1, ['new'])
  tracker.giveBack((block) => !block.startsWith('1.'), 3)
  assert.deepEqual(tracker.unallocated(1), ['2.0', '2.1', 'new'])
  assert.deepEqual(tracker.blocksOfBatch(3, 1), blocks('3.', 2))
})

test('blocks of a batch that came to nothing are of the next one, also where that has an earlier time', async () => {
  const tracker = new ReceivedBlockTracker<string>()
  await tracker.addBlocks(1, ['a'])
  await tracker.allocate(3000)
  tracker.giveBack(() => true, 2000)
  await tracker.allocate(2000)
  assert.deepEqual([tracker.blocksOfBatch(2000, 1), tracker.unallocated(1)], [['a'], []])
})

test('of several batches that came to nothing the blocks of the earlier one are given back first', async () => {
  const tracker = new ReceivedBlockTracker<string>()
  for (const time of [1, 2, 3, 4]) {
    await tracker.addBlocks(1, blocks(`${time}.`, 2))
    await tracker.allocate(time)
  }
  await tracker.addBlocks(1, ['new'])
  tracker.giveBack(() => true, 3)
  assert.deepEqual(tracker.unallocated(1), ['1.0', '1.1', '2.0', '2.1', '4.0', '4.1', 'new'])
})
