import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { BlobStore } from '../../host/blob-store.ts'
import { hasCode } from '../../model/errors.ts'

/** What every blob store has to hold. `create` makes an empty store for each test and cleans up through `t.after`. */
export const blobStoreContract = (name: string, create: (t: TestContext) => Promise<BlobStore>): void => {
  const promise = (title: string, body: (store: BlobStore) => Promise<void>): void => {
    test(`${name}: ${title}`, async (t) => body(await create(t)))
  }

  promise('an object is read as it was written, also an empty one and a large one', async (store) => {
    const objects = [bytes(), bytes(0, 10, 13, 255), new Uint8Array(300_000).map((_, i) => i * 7)]
    for (const [i, object] of objects.entries()) await store.putNew(`blk/0${i}/object`, object)
    for (const [i, object] of objects.entries()) assert.deepEqual(plain(await store.get(`blk/0${i}/object`)), object)
  })

  promise('a name is written once; the second try leaves the first object alone', async (store) => {
    await store.putNew('man/00/1/a', bytes(1))
    await assert.rejects(store.putNew('man/00/1/a', bytes(2)), (error) => hasCode(error, 'E_BLOB_EXISTS'))
    assert.deepEqual(plain(await store.get('man/00/1/a')), bytes(1))
  })

  promise('of ten who write one name exactly one succeeds, and the object is theirs', async (store) => {
    const answers = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => store.putNew('race', bytes(i))))
    const winners = [...answers.keys()].filter((i) => answers[i]?.status === 'fulfilled')
    assert.equal(winners.length, 1)
    assert.deepEqual(plain(await store.get('race')), bytes(...winners))
    for (const answer of answers) assert.ok(answer.status === 'fulfilled' || hasCode(answer.reason, 'E_BLOB_EXISTS'))
  })

  promise('bytes that change after they were written do not change the object', async (store) => {
    const mine = bytes(1, 2, 3)
    await store.putNew('a', mine)
    mine.fill(9)
    assert.deepEqual(plain(await store.get('a')), bytes(1, 2, 3))
  })

  promise('a range is those bytes; past the end it is an error, not fewer bytes', async (store) => {
    await store.putNew('a', bytes(0, 1, 2, 3, 4))
    assert.deepEqual(plain(await store.getRange('a', 1, 3)), bytes(1, 2, 3))
    assert.deepEqual(plain(await store.getRange('a', 0, 5)), bytes(0, 1, 2, 3, 4))
    assert.deepEqual(plain(await store.getRange('a', 4, 1)), bytes(4))
    for (const [offset, length] of [
      [3, 3],
      [0, 6],
      [6, 1],
      [100, 1],
    ] as const) {
      await assert.rejects(
        store.getRange('a', offset, length),
        (error) => hasCode(error, 'E_BLOB_RANGE'),
        `${length} from ${offset}`,
      )
    }
  })

  promise('what is not there is missing, whether whole or by range', async (store) => {
    await store.putNew('a/b', bytes(1))
    for (const key of ['a', 'a/c', 'a/b/c', 'b']) {
      await assert.rejects(store.get(key), (error) => hasCode(error, 'E_BLOB_MISSING'), key)
      await assert.rejects(store.getRange(key, 0, 1), (error) => hasCode(error, 'E_BLOB_MISSING'), key)
    }
  })

  promise('a list holds every name with the prefix, sorted by bytes, at once', async (store) => {
    const keys = ['b/2', 'b/10', 'b/1', 'b-/1', 'b.x', 'B/1', 'bb/1/2', 'c', 'b/1_/0', 'b/1-/0']
    for (const key of keys) await store.putNew(key, bytes())
    for (const prefix of ['', 'b', 'b/', 'b/1', 'b/1/', 'bb/1', 'c', 'd', 'b/3/x']) {
      assert.deepEqual(
        await store.list(prefix),
        keys.filter((key) => key.startsWith(prefix)).sort(),
        `prefix "${prefix}"`,
      )
    }
  })

  promise('what was deleted is gone and may be deleted again; its neighbours stay', async (store) => {
    await store.putNew('out/00/1/a', bytes(1))
    await store.putNew('out/00/1/b', bytes(2))
    await store.delete('out/00/1/a')
    await store.delete('out/00/1/a')
    await store.delete('out/00/2/never/there')
    await assert.rejects(store.get('out/00/1/a'), (error) => hasCode(error, 'E_BLOB_MISSING'))
    assert.deepEqual(await store.list('out/'), ['out/00/1/b'])
    await store.delete('out/00/1/b')
    assert.deepEqual(await store.list(''), [])
    await store.putNew('out/00/1/c', bytes(3))
    assert.deepEqual(await store.list(''), ['out/00/1/c'])
  })
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

/** Stores may return a `Buffer`: the content counts. */
const plain = (read: Uint8Array): Uint8Array => new Uint8Array(read)
