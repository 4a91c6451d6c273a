import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { MarkList, marksOf } from '../../lib/source/marks.ts'
import { NOTHING_SEEN, SeenFiles, type SeenState } from '../../lib/source/seen-files.ts'
import type { SourceIo } from '../../lib/source/source.ts'
import { memoryIo } from '../../lib/testing/contracts/source.ts'
import { objectOf } from './scripted-lister.ts'

const numbered = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `f${from + i}`)

async function remember(names: readonly string[], state: SeenState, io: SourceIo): Promise<SeenState> {
  const seen = await new SeenFiles().open(state, io, { lookup: false })
  for (const name of names) seen.take(objectOf(name))
  return JSON.parse(JSON.stringify(await seen.close())) as SeenState
}

async function knownOf(names: readonly string[], state: SeenState, io: SourceIo): Promise<number> {
  const seen = await new SeenFiles().open(state, io, { lookup: true })
  return names.filter((name) => marksOf(objectOf(name)).every((mark) => seen.has(mark))).length
}

class CountingBlobs extends MemoryBlobStore {
  written = 0
  lists = 0

  override list(prefix: string): Promise<string[]> {
    this.lists++
    return super.list(prefix)
  }

  override putNew(key: string, bytes: Uint8Array): Promise<void> {
    this.written += bytes.length
    return super.putNew(key, bytes)
  }
}

test('F56: what is remembered is in a few pieces, of which a batch writes little, and none is forgotten', async () => {
  const blobs = new CountingBlobs()
  const io = { ...memoryIo(), blobs }
  const swept = new SeenFiles()
  let state = NOTHING_SEEN
  const all = 40_000
  for (let at = 0; at < all; at += 100) {
    state = await remember(numbered(at, at + 100), state, io)
    await swept.sweep([state], io)
    assert.ok(state.pieces.length <= 6, `${state.pieces.length} pieces`)
    assert.ok(JSON.stringify(state).length < 6000)
  }
  assert.equal(await knownOf(numbered(0, all), state, io), all)
  assert.equal(await knownOf(numbered(all, 2 * all), state, io), 0)
  assert.equal((await io.blobs.list(io.prefix)).length, state.pieces.length)
  assert.ok(blobs.lists < 20, `${blobs.lists} listings`)
  assert.ok(blobs.written < all * 9 * 20, `${blobs.written} bytes were written for ${all} marks`)
})

test('however many come at once, no piece is large', async () => {
  const io = memoryIo()
  const state = await remember(numbered(0, 300_000), NOTHING_SEEN, io)
  assert.deepEqual(
    state.pieces.map(({ count }) => count),
    [131_072, 131_072, 37_856],
  )
  assert.equal(await knownOf(numbered(299_000, 301_000), state, io), 1000)
  const more = await remember(numbered(300_000, 400_000), state, io)
  assert.deepEqual(
    more.pieces.map(({ count }) => count),
    [131_072, 131_072, 37_856, 100_000],
  )
  // A number is given once: by it a sweep knows what may be of a batch on its way.
  const numbers = more.pieces.map(({ object }) => Number(object.split('/').at(-1)!.slice(0, 12)))
  assert.deepEqual([numbers, more.next], [[0, 1, 2, 3], 4])
})

test('what replaces all that was seen has numbers of its own, so that a sweep knows what it left', async () => {
  const io = memoryIo()
  let state = NOTHING_SEEN
  for (let at = 0; at < 100_000; at += 20_000) state = await remember(numbered(at, at + 20_000), state, io)
  const seen = await new SeenFiles().open(state, io, { lookup: false })
  const marks = new MarkList()
  for (const name of numbered(0, 100)) for (const mark of marksOf(objectOf(name))) marks.add(mark)
  const next = await seen.replacedBy(marks).close()
  await new SeenFiles().sweep([next], io)
  assert.deepEqual(
    await io.blobs.list(`${io.prefix}seen/`),
    next.pieces.map(({ object }) => object),
  )
  assert.equal(await knownOf(numbered(0, 200), next, io), 100)
})

test('a piece in which a byte has changed is said, and nothing is read from it', async () => {
  const io = memoryIo()
  const state = await remember(numbered(0, 300), NOTHING_SEEN, io)
  const [{ object }] = state.pieces
  const bytes = Buffer.from(await io.blobs.get(object))
  bytes[7] ^= 1
  await io.blobs.delete(object)
  await io.blobs.putNew(object, bytes)
  await assert.rejects(knownOf(['f1'], state, io), { code: 'E_BLOB_CORRUPT' })
})

test('a sweep leaves what the position needs, and what a batch on its way has written', async () => {
  const io = memoryIo()
  const one = await remember(numbered(0, 300), NOTHING_SEEN, io)
  const two = await remember(numbered(300, 1000), one, io)
  const lost = await remember(numbered(300, 2000), one, io)
  await new SeenFiles().sweep([one], io)
  assert.equal(await knownOf(numbered(0, 2000), lost, io), 2000)
  await new SeenFiles().sweep([two], io)
  assert.equal(await knownOf(numbered(0, 1000), two, io), 1000)
  const three = await remember(numbered(1000, 5000), two, io)
  await new SeenFiles().sweep([three], io)
  assert.deepEqual(
    await io.blobs.list(io.prefix),
    three.pieces.map(({ object }) => object),
  )
})
