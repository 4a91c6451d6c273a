import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openDirectoryHead } from '../../../lib/adapters/local/head-directory.ts'
import { HeadLog } from '../../../lib/adapters/local/head-log.ts'
import type { HeadRecord } from '../../../lib/adapters/local/head-record.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a write that follows one nobody waited for shares its sync', async (t) => {
  const head = await openDirectoryHead<string>(await temporaryFolder(t))
  t.after(() => head.close())
  await head.cas(0, 'begun', 'commit')
  const syncs = await countedSyncs(t)
  await head.cas(1, 'marked', 'mark', 'soon')
  await head.cas(2, 'committed', 'commit')
  assert.equal(syncs.count, 2)
})

test('a sync that began before a record was appended does not settle it', async (t) => {
  const dir = await temporaryFolder(t)
  await (await openDirectoryHead(dir)).close()
  const log = await HeadLog.open(join(dir, 'head-1.log'), 1, true)
  t.after(() => log.close())
  log.catchUp()
  const syncs = await countedSyncs(t)
  log.append(write(1))
  const first = log.sync()
  log.append(write(2))
  await Promise.all([first, log.sync(), log.sync()])
  assert.equal(syncs.count, 2)
  assert.ok(log.settled)
})

test('a record behind half of another one is found where it stands', async (t) => {
  const dir = await temporaryFolder(t)
  const head = await openDirectoryHead<string>(dir)
  t.after(() => head.close())
  appendFileSync(join(dir, 'head-1.log'), '\n0123abcd {"kind":"write","rev":1,')
  assert.equal(await head.cas(0, 'here', 'commit'), 'written')
  assert.equal(await head.cas(1, 'here again', 'commit'), 'written')
  const other = await openDirectoryHead<string>(dir)
  t.after(() => other.close())
  assert.deepEqual(await other.read(), { rev: 2, value: 'here again' })
})

const write = (rev: number): Omit<HeadRecord, 'chain'> => ({
  kind: 'write',
  rev,
  cause: 'commit',
  writer: 'w',
  text: `${rev}`,
})

/** Counts from now on how often a file is brought to the disk. */
async function countedSyncs(t: TestContext): Promise<{ count: number }> {
  const file = await open(import.meta.filename)
  const handles = Object.getPrototypeOf(file) as FileHandle
  await file.close()
  const syncs = { count: 0 }
  const datasync = handles.datasync
  t.mock.method(handles, 'datasync', function (this: FileHandle) {
    syncs.count++
    return datasync.call(this)
  })
  return syncs
}
