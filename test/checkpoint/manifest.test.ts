import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { getBlob } from '../../lib/checkpoint/blobs.ts'
import { ownObjects, putManifest, readManifest } from '../../lib/checkpoint/manifest.ts'
import { ObjectKeys } from '../../lib/checkpoint/object-keys.ts'
import type { Cut, Manifest } from '../../lib/model/manifest.ts'
import type { BlobRef } from '../../lib/model/refs.ts'
import { fullManifest } from './manifests.ts'

const keys = new ObjectKeys('test', 'i1')
const cutAt = (position: Cut['position']): Cut => ({ position, splits: [[2, 4]], records: 2 })

async function stored(manifest: Manifest): Promise<{ readonly blobs: MemoryBlobStore; readonly ref: BlobRef }> {
  const blobs = new MemoryBlobStore()
  return { blobs, ref: await putManifest(blobs, keys, manifest) }
}

test('a position stands once: a cut has its own only where its source goes on elsewhere after the batch', async () => {
  const manifest = fullManifest({
    format: 2,
    packs: [],
    cuts: { lines: cutAt({ taken: 4 }), shards: cutAt({ ends: null }), idle: null },
    positions: { lines: { taken: 4 }, shards: { ends: 7 }, idle: null },
  })
  const { blobs, ref } = await stored(manifest)
  const text = Buffer.from(await getBlob(blobs, ref)).toString()
  assert.deepEqual([text.split('{"taken":4}').length - 1, text.split('{"ends":').length - 1], [1, 2])
  assert.deepEqual(await readManifest(blobs, ref), manifest)
})

test('a cut without a position, of a source that has none after the batch either, is refused', async () => {
  const { position: _position, ...others } = cutAt(0)
  const { blobs, ref } = await stored(fullManifest({ cuts: { lines: others as Cut }, positions: {} }))
  await assert.rejects(readManifest(blobs, ref), {
    code: 'E_MANIFEST_CORRUPT',
    message: /is not one: has a cut without a position\.$/,
  })
})

test('where objects end with the process a manifest is not encoded before somebody reads it', async () => {
  const manifest = fullManifest({ format: 2 })
  const { blobs, ref } = await stored(manifest)
  assert.deepEqual([ref.unwritten, ref.inline, blobs.counts.bytes], [true, undefined, 0])
  assert.deepEqual(await readManifest(blobs, ref), manifest)
  assert.notEqual(blobs.counts.bytes, 0)
})

test('what a batch wrote is counted: blocks and panes, kept records and parts of outputs, and no older ones', () => {
  const manifest = fullManifest()
  assert.equal(ownObjects(manifest), 1 + 2)
  const older = manifest.state['window'].panes![0]
  const panes = [{ ...older, panes: [...older.panes, { time: 2000, ref: older.panes[0].ref }] }]
  const window = { ...manifest.state['window'], panes }
  assert.equal(ownObjects({ ...manifest, state: { ...manifest.state, window } }), 1 + 1 + 2)
  const parts = [older.panes[0].ref, older.panes[0].ref]
  const retained = { lines: [...manifest.retained['lines'], { time: 2000, parts }] }
  assert.equal(ownObjects({ ...manifest, retained }), 1 + 2 + 2)
  assert.equal(ownObjects({ ...manifest, outputs: {} }), 1)
})
