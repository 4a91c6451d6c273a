import assert from 'node:assert/strict'
import { mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDirectoryBlobs } from '../../../lib/adapters/local/blob-directory.ts'
import { openDirectoryHead } from '../../../lib/adapters/local/head-directory.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { temporaryFolder } from './temporary-folder.ts'

const isMoved = (error: unknown): boolean => hasCode(error, 'E_DIR_MOVED')

test(
  'a directory that is moved away, or replaced, is neither read nor written; once it is back all goes ' + 'on',
  async (t) => {
    const place = await temporaryFolder(t)
    const [dir, away, aside] = ['state', 'away', 'aside'].map((name) => join(place, name))
    const head = await openDirectoryHead<{ n: number }>(dir)
    const blobs = await openDirectoryBlobs(dir)
    await head.cas(0, { n: 1 }, 'create')
    await blobs.putNew('a/1', Buffer.from('one'))

    const refused = async (): Promise<void> => {
      await assert.rejects(head.cas(1, { n: 2 }, 'commit'), isMoved)
      await assert.rejects(head.read(), isMoved)
      await assert.rejects(blobs.putNew('a/2', Buffer.from('two')), isMoved)
      await assert.rejects(blobs.get('a/1'), isMoved)
      await assert.rejects(blobs.list('a/'), isMoved)
    }
    await rename(dir, away)
    await refused()
    assert.deepEqual(await readdir(place), ['away'])
    await mkdir(join(dir, 'blobs'), { recursive: true })
    await refused()
    assert.deepEqual(await readdir(join(dir, 'blobs')), [])

    await rename(dir, aside)
    await rename(away, dir)
    assert.equal(await head.cas(1, { n: 2 }, 'commit'), 'written')
    assert.equal(Buffer.from(await blobs.get('a/1')).toString(), 'one')
    await head.close()
  },
)
