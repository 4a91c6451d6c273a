import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { blobStoreContract } from '../../../lib/testing/contracts/blob-store.ts'

blobStoreContract('memory blobs', async () => new MemoryBlobStore())

test('counts tell what is held and what was ever put', async () => {
  const store = new MemoryBlobStore()
  await store.putNew('a', new Uint8Array(10))
  await store.putNew('b', new Uint8Array(5))
  await assert.rejects(store.putNew('b', new Uint8Array(7)))
  await store.delete('a')
  await store.delete('a')
  assert.deepEqual(store.counts, { objects: 1, bytes: 5, puts: 2 })
})

test('an object that is left unwritten is made once, by its first reader, and is an object like others', async () => {
  const store = new MemoryBlobStore()
  let made = 0
  const bytesOf = (): Uint8Array => {
    made++
    return Uint8Array.of(1, 2, 3)
  }
  await store.putUnwritten('a', bytesOf)
  await assert.rejects(store.putUnwritten('a', bytesOf), { code: 'E_BLOB_EXISTS' })
  await assert.rejects(store.putNew('a', new Uint8Array(1)), { code: 'E_BLOB_EXISTS' })
  assert.deepEqual([made, store.counts, await store.list('')], [0, { objects: 1, bytes: 0, puts: 1 }, ['a']])
  assert.deepEqual([...(await store.getRange('a', 1, 2))], [2, 3])
  assert.deepEqual([...(await store.get('a'))], [1, 2, 3])
  assert.deepEqual([made, store.counts.bytes], [1, 3])
  await store.delete('a')
  await store.putUnwritten('b', bytesOf)
  await store.delete('b')
  assert.deepEqual(store.counts, { objects: 0, bytes: 0, puts: 2 })
})
