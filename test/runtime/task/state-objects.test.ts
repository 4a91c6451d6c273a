import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { getBlob } from '../../../lib/checkpoint/blobs.ts'
import { nameOfRef } from '../../../lib/model/refs.ts'
import type { BlobStore } from '../../../lib/host/blob-store.ts'
import { StateObjects } from '../../../lib/runtime/task/state-objects.ts'

/** A store that outlives its process. */
function lasting(): { readonly blobs: BlobStore; readonly puts: string[] } {
  const store = new MemoryBlobStore()
  const puts: string[] = []
  const blobs: BlobStore = {
    putNew: async (key, bytes) => {
      puts.push(key)
      await store.putNew(key, bytes)
    },
    get: (key) => store.get(key),
    getRange: (key, offset, length) => store.getRange(key, offset, length),
    list: (prefix) => store.list(prefix),
    delete: (key) => store.delete(key),
  }
  return { blobs, puts }
}

let names = 0
const naming = {
  single: (operator: string, suffix: string) => `${operator}/${names++}.${suffix}`,
  together: (suffix: string) => `together/${names++}.${suffix}`,
}
const bytesOf = (length: number, fill: number): Uint8Array => Buffer.alloc(length, fill)

test('blocks of all partitions and operators are one object, and each is read back alone', async () => {
  const { blobs, puts } = lasting()
  const objects = new StateObjects(blobs, naming)
  const refs = []
  for (let i = 0; i < 6; i++) refs.push(await objects.put(`op${i % 2}`, bytesOf(2000 + i, i), i < 3 ? 's' : 'd'))
  assert.deepEqual(puts, [])
  await objects.finish()
  assert.equal(puts.length, 1)
  assert.equal(new Set(refs.map(nameOfRef)).size, 6)
  for (const [i, ref] of refs.entries())
    assert.deepEqual(Buffer.from(await getBlob(blobs, ref)), Buffer.from(bytesOf(2000 + i, i)))
})

test('panes of two operators leave their windows at different times, and lie apart', async () => {
  const { blobs, puts } = lasting()
  const objects = new StateObjects(blobs, naming)
  for (const operator of ['short', 'long', 'short'])
    for (const suffix of ['p', 's']) await objects.put(operator, bytesOf(2000, 1), suffix)
  await objects.finish()
  assert.equal(puts.length, 3)
})

test('what is few bytes travels, and what is many has an object of its own', async () => {
  const { blobs, puts } = lasting()
  const objects = new StateObjects(blobs, naming)
  const few = await objects.put('op', bytesOf(100, 1), 'd')
  const many = await objects.put('op', bytesOf(300_000, 1), 's')
  await objects.finish()
  assert.ok(few.inline !== undefined && few.at === undefined && many.at === undefined)
  assert.deepEqual(puts, [many.key])
})

test('a task holds no more than one object of what it writes', async () => {
  const { blobs, puts } = lasting()
  const objects = new StateObjects(blobs, naming)
  for (let i = 0; i < 40; i++) await objects.put('op', bytesOf(200_000, i), 's')
  assert.equal(puts.length, 1)
  await objects.finish()
  assert.equal(puts.length, 2)
})

test('a store whose objects end with the process has one for each', async () => {
  const blobs = new MemoryBlobStore()
  const objects = new StateObjects(blobs, naming)
  const refs = [await objects.put('op', bytesOf(2000, 1), 's'), await objects.put('op', bytesOf(2000, 2), 's')]
  await objects.finish()
  assert.deepEqual(
    refs.map(({ at }) => at),
    [undefined, undefined],
  )
})
