import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import type { ListedFile } from '../../lib/source/file-selection.ts'
import { SeenFiles, type SeenState } from '../../lib/source/seen-files.ts'
import { memoryIo } from '../../lib/testing/contracts/source.ts'

const file = (path: string, mtimeMs: number, etag?: string): ListedFile => ({
  path,
  mtimeMs,
  size: 1,
  ...(etag === undefined ? {} : { etag }),
})
const paths = (files: readonly ListedFile[]): string[] => files.map(({ path }) => path)
const nothing: SeenState = { object: null, recent: [] }

test('F54: every file comes once, however old it looks when it appears; a replaced object is a new one', async () => {
  const io = memoryIo()
  const seen = new SeenFiles()
  const first = await seen.select([file('b', 2, 'b1'), file('a', 1, 'a1')], nothing, Infinity, io)
  assert.deepEqual(paths(first.selected), ['a', 'b'])
  const next = [file('a', 1, 'a1'), file('b', 3, 'b2'), file('c', 0, 'c1')]
  const second = await seen.select(next, first.next, Infinity, io)
  assert.deepEqual([paths(second.selected), second.changed], [['c', 'b'], []])
})

test('a file without identity that changes is named and not read again; its name is kept for ever', async () => {
  const io = memoryIo()
  let state = (await new SeenFiles().select([file('a', 1)], nothing, Infinity, io)).next
  const many = Array.from({ length: 300 }, (_, i) => file(`f${i}`, i))
  state = (await new SeenFiles().select(many, state, Infinity, io)).next
  const again = await new SeenFiles().select([file('a', 2), file('new', 0)], state, Infinity, io)
  assert.deepEqual([paths(again.selected), paths(again.changed)], [['new'], ['a']])
})

test('files that an earlier version took, which kept no names, are known by name from then on', async () => {
  const io = memoryIo()
  const content = hash('sha256', 'a\x001\x001', 'base64url').slice(0, 12)
  const before: SeenState = { object: null, recent: [content] }
  const same = await new SeenFiles().select([file('a', 1)], before, Infinity, io)
  assert.deepEqual([same.selected, same.changed, same.next.recent.length], [[], [], 2])
  const grown = await new SeenFiles().select([file('a', 2)], same.next, Infinity, io)
  assert.deepEqual([grown.selected, paths(grown.changed)], [[], ['a']])
})

test('the etag is what counts where there is one', async () => {
  const io = memoryIo()
  const { next } = await new SeenFiles().select([file('a', 1, 'x')], nothing, Infinity, io)
  assert.deepEqual((await new SeenFiles().select([file('a', 2, 'x')], next, Infinity, io)).selected, [])
})

test('at most so many files per batch, the oldest first; none is forgotten', async () => {
  const io = memoryIo()
  const all = Array.from({ length: 10 }, (_, i) => file(`f${i}`, 100 - i))
  let state = nothing
  const got: string[][] = []
  for (let i = 0; i < 5; i++) {
    const { selected, next } = await new SeenFiles().select(all, state, 3, io)
    got.push(paths(selected))
    state = next
  }
  assert.deepEqual(got, [['f9', 'f8', 'f7'], ['f6', 'f5', 'f4'], ['f3', 'f2', 'f1'], ['f0'], []])
})

test('F56: with many files the position stays small, and another process still knows them all', async () => {
  const io = memoryIo()
  const all = Array.from({ length: 3000 }, (_, i) => file(`dir/f${i}`, i))
  let state = nothing
  const seen = new SeenFiles()
  for (let count = 100; count <= all.length; count += 100) {
    const { selected, next } = await seen.select(all.slice(0, count), state, Infinity, io)
    assert.equal(selected.length, 100)
    assert.ok(JSON.stringify(next).length < 5000)
    state = JSON.parse(JSON.stringify(next)) as SeenState
    await seen.sweep(state, io)
  }
  assert.deepEqual((await new SeenFiles().select(all, state, Infinity, io)).selected, [])
  assert.equal((await io.blobs.list(io.prefix)).length, 1)
})
