import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { putBlob } from '../../lib/checkpoint/blobs.ts'
import {
  allOpen,
  carriedOut,
  isLetterSplit,
  lettersMax,
  letterSplit,
  openLetters,
  putCommand,
  readCommands,
} from '../../lib/checkpoint/dead-letters.ts'
import { encodeLetters, readOpenLetters } from '../../lib/checkpoint/letter-blocks.ts'
import { refsBetween, refsOf } from '../../lib/checkpoint/manifest.ts'
import { ObjectKeys } from '../../lib/checkpoint/object-keys.ts'
import { headWith } from './heads.ts'
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

test('a split of letters is told from all that sources make of theirs', () => {
  assert.equal(isLetterSplit(letterSplit(ref('dlq/9e/1/d'), ['1-1'])), true)
  for (const split of [null, undefined, 'sluice.deadLetters', 5, [], {}, ['sluice.deadLetters'], { deadLetters: 1 }])
    assert.equal(isLetterSplit(split), false, JSON.stringify(split))
})

test('a hundred records may be set aside, and of many one in a hundred', () => {
  assert.deepEqual([0, 10_000, 10_099, 10_100, 1_000_050].map(lettersMax), [100, 100, 100, 101, 10_000])
})

test('what is open is what the last batch lists, and what its outputs have left since', () => {
  const [read, left] = [letters('1-1'), letters('1-2o')]
  const head = headWith({ letters: [left] })
  assert.deepEqual(allOpen(head, fullManifest({ deadLetters: [read] })), [read, left])
  assert.deepEqual(allOpen(head, null), [left])
  const { deadLetters: _none, ...manifest } = fullManifest()
  assert.deepEqual(allOpen(headWith(), manifest), [])
})

test('a decision is read as it was written, and one that was changed since is refused', async () => {
  const [blobs, keys] = [new MemoryBlobStore(), new ObjectKeys('test', 'i1')]
  const key = keys.deadLetterCommand('c')
  for (const verb of ['retry', 'drop'] as const) {
    await putCommand(blobs, keys, { verb, ids: ['1-1', '1-2'] }, 'c')
    assert.deepEqual(await readCommands(blobs, [key]), [{ key, verb, ids: ['1-1', '1-2'] }])
    const written = Buffer.from(await blobs.get(key)).toString()
    await blobs.delete(key)
    for (const changed of [
      written.replace('1-2', '1-3'),
      written.replace(verb, verb === 'drop' ? 'retry' : 'drop'),
      written.replace('"crc":', '"crc":1'),
      '{"wish":"keep","ids":[]}',
      '{"wish":"drop"}',
      'drop it',
      'null',
    ]) {
      await blobs.putNew(key, Buffer.from(changed))
      await assert.rejects(readCommands(blobs, [key]), { code: 'E_BLOB_CORRUPT' }, changed)
      await blobs.delete(key)
    }
  }
  // Version 0.1.0 wrote no checksum.
  await blobs.putNew(key, Buffer.from('{"wish":"drop","ids":["1-1"]}'))
  assert.deepEqual(await readCommands(blobs, [key]), [{ key, verb: 'drop', ids: ['1-1'] }])
})
