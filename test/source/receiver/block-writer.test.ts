import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../../lib/model/errors.ts'
import { BlockWriter, listBlocks, type ReceivedBlock } from '../../../lib/source/receiver/block-writer.ts'
import { isAfter, NO_BLOCKS, positionWithGaps } from '../../../lib/source/receiver/block-position.ts'
import { memoryIo } from '../../../lib/testing/contracts/source.ts'

test('blocks are listed in the order in which they were stored, however many digits their numbers have', async () => {
  const io = memoryIo()
  const registered: number[] = []
  const writer = new BlockWriter(io, 'run', async ({ seq }) => void registered.push(seq))
  for (let i = 0; i < 112; i++) await writer.store([i])
  const numbers = Array.from({ length: 112 }, (_, i) => i)
  assert.deepEqual(registered, numbers)
  assert.deepEqual(
    (await listBlocks(io)).map(({ seq }) => seq),
    numbers,
  )
})

test('a name that somebody else has taken is no block of this run, and its caller hears of it', async () => {
  const io = memoryIo()
  await io.blobs.putNew(`${io.prefix}blocks/run/000000000000-1`, Buffer.from('of another'))
  const registered: number[] = []
  const writer = new BlockWriter(io, 'run', async ({ seq }) => void registered.push(seq))
  await assert.rejects(writer.store(['a']), (error) => hasCode(error, 'E_BLOB_EXISTS'))
  await writer.store(['b'])
  assert.deepEqual(registered, [1])
})

test('of blocks that come in any order, what lies between them is not taken, and nothing else', () => {
  const block = (seq: number): ReceivedBlock => ({ key: `r/${seq}`, run: 'r', seq, records: 1 })
  const position = positionWithGaps(NO_BLOCKS, [7, 2, 5, 0].map(block))
  const left = Array.from({ length: 9 }, (_, seq) => seq).filter((seq) => isAfter(position, block(seq)))
  assert.deepEqual(left, [1, 3, 4, 6, 8])
})
