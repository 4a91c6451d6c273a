import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { directoryControl } from '../../../lib/adapters/local/control-directory.ts'
import { openDirectoryHead } from '../../../lib/adapters/local/head-directory.ts'
import { appsBelow } from '../../../lib/hosts/embedded/embedded-host.ts'
import { headStoreContract } from '../../../lib/testing/contracts/head-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

headStoreContract('control record in a directory', async (t) => {
  const dir = await temporaryFolder(t)
  return { connect: async () => ({ ...directoryControl(dir, { sync: false }), async close() {} }) }
})

test('reading leaves no trace, and what is written is no app of its own', async (t) => {
  const dir = await temporaryFolder(t)
  const head = await openDirectoryHead(join(dir, 'clicks'))
  await head.cas(0, 'the head', 'create')
  const control = directoryControl(join(dir, 'clicks'), { sync: true })
  const before = readdirSync(join(dir, 'clicks'))
  assert.equal(await control.read(), null)
  assert.deepEqual(readdirSync(join(dir, 'clicks')), before)
  await control.cas(0, 'a word', 'pause')
  assert.deepEqual(await control.read(), { rev: 1, value: 'a word' })
  assert.deepEqual(await head.read(), { rev: 1, value: 'the head' })
  assert.deepEqual(await appsBelow(dir), ['clicks'])
  await head.close()
})
