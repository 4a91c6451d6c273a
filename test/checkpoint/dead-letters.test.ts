import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { putBlob } from '../../lib/checkpoint/blobs.ts'
import { carriedOut, openLetters } from '../../lib/checkpoint/dead-letters.ts'
import { encodeLetters, readOpenLetters } from '../../lib/checkpoint/letter-blocks.ts'
import { refsBetween, refsOf } from '../../lib/checkpoint/manifest.ts'
import { fullManifest, ref } from './manifests.ts'

const letters = (...ids: string[]) => ({ batch: 1, open: { lines: ids }, ref: ref('dlq/9e/1/d') })

test('a command is kept until nothing that it names is open', () => {
  const command = { key: 'c', verb: 'drop', ids: ['1-1', '1-2'] } as const
  const keptAfter = (...ids: string[]): number =>
    1 - carriedOut([command], fullManifest({ deadLetters: [letters(...ids)] })).length
  assert.deepEqual([keptAfter('1-1', '1-2'), keptAfter('1-2'), keptAfter('1-3')], [1, 1, 0])
})

test('letters that are dealt with are open no more, and those beside them are', () => {
  const left = openLetters([letters('1-1', '1-2'), letters('1-3')], new Set(['1-1', '1-3']), [letters('2-1')])
  assert.deepEqual(
    left.map(({ open }) => open['lines']),
    [['1-2'], ['2-1']],
  )
})

test('of letters that lie together only those that are open are shown, oldest first', async () => {
  const blobs = new MemoryBlobStore()
  const facts = { source: 'lines', split: 's', index: 0, code: 'E_USER_CODE', message: 'no', place: null, record: 'r' }
  const kept = async (batch: number, ids: readonly string[], open: string[]) => {
    const bytes = encodeLetters(ids.map((id) => ({ ...facts, id })))
    return { batch, open: { lines: open }, ref: await putBlob(blobs, `test/i1/dlq/9e/${batch}/d`, bytes, 0) }
  }
  const all = [await kept(1, ['1-1', '1-2', '1-3'], ['1-2']), await kept(2, ['2-1', '2-2'], ['2-1', '2-2'])]
  const shown = await readOpenLetters(blobs, all)
  assert.deepEqual(
    shown.map(({ id }) => id),
    ['1-2', '2-1', '2-2'],
  )
})

test('a manifest keeps its open letters alive, and the next one lets go of those that it does not have', () => {
  const before = fullManifest({ deadLetters: [letters('1-1')] })
  const keys = (refs: Iterable<{ readonly key: string }>): string[] => Array.from(refs, ({ key }) => key)
  const { key } = before.deadLetters![0].ref
  assert.ok(keys(refsOf(before)).includes(key))
  assert.ok(!keys(refsBetween(before, fullManifest({ deadLetters: [letters('1-1')] }))).includes(key))
  const { deadLetters: _none, ...after } = before
  assert.ok(keys(refsBetween(before, after)).includes(key))
})
