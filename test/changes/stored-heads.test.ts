import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { packedValue, unpackedValue } from '../../lib/adapters/aws/dynamo/packed-value.ts'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { getBlob } from '../../lib/checkpoint/blobs.ts'
import { checkedHead } from '../../lib/checkpoint/check-head.ts'
import { committedManifest } from '../../lib/checkpoint/manifest.ts'
import type { Head } from '../../lib/model/head.ts'
import { storedEntries } from '../../lib/state/stored-entries.ts'

/** What an item of a table held after four batches, of which one was empty, that counted forty words. */
const stored = (name: string): Uint8Array => readFileSync(fileURLToPath(new URL(`stored/${name}`, import.meta.url)))

/** What is known of an app from such an item alone. */
async function read(name: string): Promise<unknown> {
  const head = checkedHead({ rev: 8, value: unpackedValue(stored(name), 'words') as Head })!.value
  const blobs = new MemoryBlobStore()
  const { batch, cuts, positions, state } = (await committedManifest(blobs, head))!
  const entries = await storedEntries('lines/updateStateByKey', state['lines/updateStateByKey'], (ref) =>
    getBlob(blobs, ref),
  )
  assert.deepEqual(cuts['lines']?.position, positions['lines'])
  const { recent } = (positions['lines'] as { seen: { recent: readonly string[] } }).seen
  const counts = entries.map((entry) => (entry.kind === 'value' ? (entry.value as number) : NaN))
  return {
    batch,
    committed: head.committed,
    files: recent.length,
    words: entries.length,
    counted: counts.reduce((sum, count) => sum + count, 0),
  }
}

for (const [name, what] of [
  ['head-zstd.bin', 'packed with zstd, with a manifest of format 1 and a section of state for each key group'],
  ['head-form-1.bin', 'packed in form 1, with a manifest of format 2 and a section for few keys'],
])
  test(`a head that a table holds is read: ${what}`, async () => {
    assert.deepEqual(await read(name), { batch: 4, committed: 4, files: 12, words: 40, counted: 6000 })
  })

test('the words of form 1 are what they were, so that what was packed with them is packed as it was', () => {
  const packed = stored('head-form-1.bin')
  assert.deepEqual(Buffer.from(packedValue(unpackedValue(packed, 'words'), 'words')), Buffer.from(packed))
})
