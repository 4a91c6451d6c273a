import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDirectoryBlobs } from '../../../lib/adapters/local/blob-directory.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { blobStoreContract } from '../../../lib/testing/contracts/blob-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

blobStoreContract('directory blobs', async (t) => openDirectoryBlobs(await temporaryFolder(t)))
blobStoreContract('directory blobs without sync', async (t) =>
  openDirectoryBlobs(await temporaryFolder(t), { sync: false }),
)

test('a key that is no plain relative path is refused by every call', async (t) => {
  const store = await openDirectoryBlobs(join(await temporaryFolder(t), 'inside'))
  const refused = (error: unknown): boolean => hasCode(error, 'E_REF_SCOPE')
  for (const key of [
    '',
    '/',
    '/etc/passwd',
    '..',
    '../x',
    'a/../b',
    'a/./b',
    'a//b',
    'a/',
    'a b',
    'a\\b',
    'a\0',
    'ä',
    'a~b',
    'a:b',
  ]) {
    await assert.rejects(store.putNew(key, new Uint8Array(1)), refused, key)
    await assert.rejects(store.get(key), refused, key)
    await assert.rejects(store.getRange(key, 0, 1), refused, key)
    await assert.rejects(store.delete(key), refused, key)
  }
  for (const prefix of ['../', '/', '/etc', 'a/../b', 'a//b', 'a b'])
    await assert.rejects(store.list(prefix), refused, prefix)
})

test('a store opened again on the same directory has every object', async (t) => {
  const folder = await temporaryFolder(t)
  await (await openDirectoryBlobs(folder)).putNew('st/counts/00/1/a', Uint8Array.of(1))
  const again = await openDirectoryBlobs(folder)
  assert.deepEqual(await again.list(''), ['st/counts/00/1/a'])
  await assert.rejects(again.putNew('st/counts/00/1/a', Uint8Array.of(2)), (error) => hasCode(error, 'E_BLOB_EXISTS'))
})

test(
  'what a dead process left half-written is never listed ' + 'and is removed; what a living one writes stays',
  async (t) => {
    const folder = await temporaryFolder(t)
    await openDirectoryBlobs(folder)
    const dead = spawn(process.execPath, ['--version'])
    await once(dead, 'exit')
    for (const pid of [dead.pid, process.pid]) {
      await writeFile(join(folder, 'tmp', `${pid}~run~0`), 'half')
      await utimes(join(folder, 'tmp', `${pid}~run~0`), 0, 0)
    }
    const store = await openDirectoryBlobs(folder)
    assert.deepEqual(await store.list(''), [])
    assert.deepEqual(await readdir(join(folder, 'tmp')), [`${process.pid}~run~0`])
  },
)

test('writing leaves nothing behind but the object, whether it succeeded or not', async (t) => {
  const folder = await temporaryFolder(t)
  const store = await openDirectoryBlobs(folder)
  await store.putNew('a/b', Uint8Array.of(1))
  await assert.rejects(store.putNew('a/b', Uint8Array.of(2)))
  assert.deepEqual(await readdir(join(folder, 'tmp')), [])
  assert.deepEqual(await readdir(join(folder, 'blobs', 'a')), ['b'])
})

test('writers and deleters who share folders do not trip over each other', async (t) => {
  const folder = await temporaryFolder(t)
  const stores = await Promise.all([0, 1].map(() => openDirectoryBlobs(folder, { sync: false })))
  await Promise.all(
    stores.map(async (store, who) => {
      for (let i = 0; i < 300; i++) {
        await store.putNew(`a/b/c/${who}-${i}`, Uint8Array.of(i))
        await store.delete(`a/b/c/${who}-${i}`)
      }
    }),
  )
  assert.deepEqual(await readdir(join(folder, 'blobs')), [])
})
