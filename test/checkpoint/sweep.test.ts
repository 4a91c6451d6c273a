import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { Sweeper } from '../../lib/checkpoint/sweep.ts'
import { silentLog } from '../../lib/host/log.ts'
import { headWith, manifestRef } from './heads.ts'
import { fullManifest, ref } from './manifests.ts'

test('what an owed output needs stays behind the floor, packs of panes and all, until it is delivered', async () => {
  const blobs = new MemoryBlobStore()
  const sweeper = new Sweeper(blobs, silentLog, 2)
  const [staged, pack, other] = [ref('out/p0'), ref('st/pack'), ref('st/other')]
  const manifest = fullManifest({
    outputs: { shown: [{ partition: 0, records: 1, ref: staged }] },
    packs: [{ operator: 'window', from: 0, to: 256, last: 1000, ref: pack }],
  })
  const needed = [manifestRef(2).key, staged.key, pack.key].toSorted()
  for (const key of [...needed, other.key]) await blobs.putNew(key, Buffer.from('x'))
  sweeper.pin(manifestRef(2), manifest, 'shown')
  sweeper.discard([...needed, other.key], 2)
  const after = async (owed: boolean): Promise<string[]> => {
    sweeper.sweep(
      headWith({
        committed: 9,
        outDone: 9,
        gcFloor: 7,
        owed: owed ? [{ batch: 2, output: 'shown', manifest: manifestRef(2) }] : [],
      }),
    )
    await sweeper.settled()
    return (await blobs.list('')).toSorted()
  }
  assert.deepEqual(await after(true), needed)
  assert.deepEqual(await after(false), [])
})
