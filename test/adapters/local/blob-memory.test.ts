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
