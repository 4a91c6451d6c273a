import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
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

const directory = new URL('../../../lib/adapters/local/head-directory.ts', import.meta.url).href

/** Writes until something else happens than that it is written, and says what, and which revision was the last. */
const writesOn = (dir: string): string => `
  const { openDirectoryHead } = await import('${directory}')
  const head = await openDirectoryHead(${JSON.stringify(dir)})
  let rev = 0
  const next = () => head.cas(rev, 'a value of some length '.repeat(9) + rev, 'commit').catch((error) => error.code)
  let answer = await next()
  while (answer === 'written') { rev++; answer = await next() }
  console.log(JSON.stringify([answer, rev]))`

test('a record of which the disk took half was not written, and is said; what came before is there', async (t) => {
  const dir = await temporaryFolder(t)
  const limited = 'ulimit -f 4; exec "$0" --input-type=module -e "$1"'
  const { stdout } = await promisify(execFile)('bash', ['-c', limited, process.execPath, writesOn(dir)])
  const [answer, rev] = JSON.parse(stdout) as [string, number]
  assert.equal(answer, 'E_HEAD_WRITE')
  assert.ok(rev > 0)
  const head = await openDirectoryHead<string>(dir)
  t.after(() => head.close())
  assert.equal((await head.read())!.rev, rev)
  assert.equal(await head.cas(rev, 'goes on', 'commit'), 'written')
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
