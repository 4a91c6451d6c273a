import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'
import { DirectoryListing } from '../../../lib/adapters/files/directory-listing.ts'

const LARGE = 10_100

async function folderOf(t: TestContext, files: number, mtime: Date): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'listing-'))
  t.after(() => rm(folder, { recursive: true }))
  for (let i = 0; i < files; i++) {
    const path = join(folder, `f${i}`)
    await writeFile(path, '')
    await utimes(path, mtime, mtime)
  }
  return folder
}
const anHourAgo = (): Date => new Date(Date.now() - 3_600_000)

test('in a large directory old files are looked at now and then, new ones at once', async (t) => {
  const folder = await folderOf(t, LARGE, anHourAgo())
  let now = 0
  const listing = new DirectoryListing(folder, () => now)
  assert.equal((await listing.entries()).length, LARGE)
  assert.equal(listing.looked, LARGE)

  await writeFile(join(folder, 'new'), 'one line\n')
  now += 1000
  const second = await listing.entries()
  assert.deepEqual([second.length, listing.looked], [LARGE + 1, 1])
  assert.ok(second.some((entry) => entry.path === join(folder, 'new') && 'size' in entry && entry.size === 9))

  // What is young may still be written: it is looked at each time.
  now += 1000
  await writeFile(join(folder, 'new'), 'one line\ntwo lines\n')
  assert.ok((await listing.entries()).some((entry) => 'size' in entry && entry.size === 19))
  assert.equal(listing.looked, 1)
})

test('each file of a large directory is looked at again within 20 s, not all of them at once', async (t) => {
  const folder = await folderOf(t, LARGE, anHourAgo())
  let now = 0
  const listing = new DirectoryListing(folder, () => now)
  await listing.entries()
  await writeFile(join(folder, 'f7'), 'written over')
  const looked: number[] = []
  let noticedAfter = Infinity
  for (now = 1000; now <= 20_000; now += 1000) {
    const entries = await listing.entries()
    looked.push(listing.looked)
    if (entries.some((entry) => 'size' in entry && entry.size === 12)) noticedAfter = Math.min(noticedAfter, now)
  }
  assert.ok(noticedAfter <= 20_000)
  assert.ok(Math.max(...looked) < LARGE / 5, looked.join(' '))
  assert.ok(looked.reduce((sum, each) => sum + each, 0) >= LARGE)
})

test('a file that is gone is not listed, and in a small directory every file is looked at', async (t) => {
  const folder = await folderOf(t, 5, anHourAgo())
  const listing = new DirectoryListing(folder)
  await listing.entries()
  await rm(join(folder, 'f3'))
  assert.deepEqual(
    (await listing.entries()).map(({ path }) => path),
    ['f0', 'f1', 'f2', 'f4'].map((name) => join(folder, name)),
  )
  assert.equal(listing.looked, 4)
})

test('names that come and go in any order are listed in order, each once', async (t) => {
  const seed = randomInt(2 ** 31)
  t.diagnostic(`seed ${seed}`)
  const random = new SeededRandom(seed)
  const folder = await folderOf(t, 0, anHourAgo())
  const listing = new DirectoryListing(folder)
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 5; i++) {
      const name = `f${Math.floor(random.next() * 20)}`
      if (random.next() < 0.5) await writeFile(join(folder, name), '')
      else await rm(join(folder, name), { force: true })
    }
    assert.deepEqual(
      (await listing.entries()).map(({ path }) => path),
      readdirSync(folder)
        .sort()
        .map((name) => join(folder, name)),
    )
  }
})

test('a name with the letter that stands for bad bytes is a name, beside one that has bad bytes', async (t) => {
  const folder = await folderOf(t, 1, anHourAgo())
  const bad = Buffer.concat([Buffer.from(join(folder, 'b')), Buffer.from([0xff])])
  await writeFile(join(folder, 'a\uFFFD'), 'good')
  await writeFile(bad, 'bad')
  const entries = await new DirectoryListing(folder).entries()
  assert.deepEqual(
    entries.map((entry) => ('reason' in entry ? entry.reason : entry.path)),
    [join(folder, 'a\uFFFD'), join(folder, 'f0'), 'name'],
  )
})
