import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { Sweeper } from '../../lib/checkpoint/sweep.ts'
import { type Log, silentLog } from '../../lib/host/log.ts'
import type { Manifest } from '../../lib/model/manifest.ts'
import { headWith, manifestRef } from './heads.ts'
import { fullManifest, ref } from './manifests.ts'

test('what an owed output needs stays behind the floor, packs of panes and all, until it is delivered', async () => {
  const blobs = new MemoryBlobStore()
  const sweeper = new Sweeper(blobs, silentLog, 2)
  const [staged, pack, other] = [ref('out/p0'), ref('st/pack'), ref('st/other')]
  const manifest = fullManifest({
    outputs: {
      shown: [
        { partition: 0, records: 1, ref: staged },
        { partition: 1, records: 0, ref: null },
      ],
    },
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

test('of two outputs that one batch owes each keeps what it needs, until it is delivered itself', async () => {
  const blobs = new MemoryBlobStore()
  const sweeper = new Sweeper(blobs, silentLog, 2)
  const part = (name: string) => [{ partition: 0, records: 1, ref: ref(name) }]
  const manifest = fullManifest({ packs: [], outputs: { left: part('out/left'), right: part('out/right') } })
  const keys = [manifestRef(2).key, ref('out/left').key, ref('out/right').key]
  for (const key of keys) await blobs.putNew(key, Buffer.from('x'))
  for (const output of ['left', 'right']) sweeper.pin(manifestRef(2), manifest, output)
  sweeper.discard(keys, 2)
  for (const [owing, left] of [
    [['left', 'right'], keys],
    [['left'], keys.slice(0, 2)],
    [[], []],
  ] as const) {
    const owed = owing.map((output) => ({ batch: 2, output, manifest: manifestRef(2) }))
    sweeper.sweep(headWith({ committed: 9, outDone: 9, gcFloor: 7, owed }))
    await sweeper.settled()
    assert.deepEqual(await blobs.list(''), left)
  }
})

const inline = (name: string) => ({ ...ref(name), inline: 'AA==' })
const outputs = (...names: string[]): Pick<Manifest, 'outputs'> => ({
  outputs: { shown: names.map((name, partition) => ({ partition, records: 1, ref: ref(name) })) },
})

/** What is left of these objects once the floor is there. */
async function leftAt(gcFloor: number, sweeper: Sweeper, blobs: MemoryBlobStore): Promise<string[]> {
  sweeper.sweep(headWith({ committed: 9, outDone: 9, gcFloor }))
  await sweeper.settled()
  return (await blobs.list('')).map((key) => key.replace('test/i1/', '')).toSorted()
}

test('what a manifest names no more goes with it once the floor has passed the next one, and not before', async () => {
  const blobs = new MemoryBlobStore()
  for (const name of ['man/1.json', 'out/a', 'out/b', 'out/inline']) await blobs.putNew(ref(name).key, Buffer.from('x'))
  const sweeper = new Sweeper(blobs, silentLog, 2)
  const part = { partition: 2, records: 1, ref: inline('out/inline') }
  const older = fullManifest({ batch: 1, outputs: { shown: [...outputs('out/a', 'out/b').outputs['shown'], part] } })
  sweeper.superseded(null, null, fullManifest({ batch: 1 }))
  sweeper.superseded(manifestRef(1), older, fullManifest({ batch: 2, ...outputs('out/b') }))
  assert.deepEqual(await leftAt(1, sweeper, blobs), ['man/1.json', 'out/a', 'out/b', 'out/inline'])
  // What travels in a reference has no object, whatever bears its name.
  assert.deepEqual(await leftAt(2, sweeper, blobs), ['out/b', 'out/inline'])
})

test('a manifest that travels in the head has no object to delete', async () => {
  const blobs = new MemoryBlobStore()
  await blobs.putNew(manifestRef(1).key, Buffer.from('x'))
  const sweeper = new Sweeper(blobs, silentLog, 2)
  sweeper.superseded({ ...manifestRef(1), inline: 'AA==' }, fullManifest({ batch: 1 }), fullManifest({ batch: 2 }))
  assert.deepEqual(await leftAt(9, sweeper, blobs), ['man/1.json'])
})

test('the floor lies as many batches back as are kept, two at least, and never below the beginning', () => {
  const floor = (keep: number, committed: number, batch = committed): number =>
    new Sweeper(new MemoryBlobStore(), silentLog, keep).floor(headWith({ committed }), fullManifest({ batch }))
  assert.deepEqual([floor(3, 9), floor(3, 9, 8), floor(3, 8, 9), floor(0, 9), floor(3, 2)], [6, 5, 5, 7, 0])
})

test('who sweeps nothing deletes nothing, whatever it is told', async () => {
  const blobs = new MemoryBlobStore()
  await blobs.putNew(ref('out/a').key, Buffer.from('x'))
  const sweeper = new Sweeper(blobs, silentLog, 2, false)
  sweeper.discard([ref('out/a').key], 1)
  sweeper.superseded(manifestRef(1), fullManifest(outputs('out/a')), fullManifest(outputs()))
  assert.deepEqual(await leftAt(9, sweeper, blobs), ['out/a'])
})

test('an object that cannot be deleted is said, and keeps no other from being deleted', async () => {
  const blobs = new MemoryBlobStore()
  for (const name of ['out/a', 'out/b']) await blobs.putNew(ref(name).key, Buffer.from('x'))
  const said: unknown[] = []
  const log: Log = { event: (event) => void said.push(event) }
  const broken = Object.assign(Object.create(blobs) as MemoryBlobStore, {
    delete: (key: string) => (key.endsWith('a') ? Promise.reject(new Error('away')) : blobs.delete(key)),
  })
  const sweeper = new Sweeper(broken, log, 2)
  sweeper.discard([ref('out/a').key, ref('out/b').key], 1)
  assert.deepEqual(await leftAt(9, sweeper, blobs), ['out/a'])
  assert.deepEqual(said, [{ type: 'sweep-failed', key: ref('out/a').key, message: 'away' }])
})

test('each object is deleted once', async () => {
  const [blobs, deleted] = [new MemoryBlobStore(), [] as string[]]
  const counting = Object.assign(Object.create(blobs) as MemoryBlobStore, {
    delete: async (key: string) => void deleted.push(key),
  })
  const sweeper = new Sweeper(counting, silentLog, 2)
  sweeper.discard(['a', 'b'], 1)
  sweeper.discard(['c'], 2)
  for (const floor of [0, 1, 1, 2, 3]) await leftAt(floor, sweeper, blobs)
  assert.deepEqual(deleted, ['a', 'b', 'c'])
})
