import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { putBlob } from '../../../lib/checkpoint/blobs.ts'
import { putManifest } from '../../../lib/checkpoint/manifest.ts'
import { ObjectKeys } from '../../../lib/checkpoint/object-keys.ts'
import type { OperatorUid } from '../../../lib/model/ids.ts'
import { isSwept, liveObjects } from '../../../lib/runtime/coordinator/live-objects.ts'
import { headWith } from '../../checkpoint/heads.ts'
import { fullManifest, ref } from '../../checkpoint/manifests.ts'

const keys = new ObjectKeys('test', 'i1')
const taskDone = { shuffles: [], state: [], retained: [], outputs: [] }

test('what a head leads to is what its manifest, its open plan, its letters and each owed output need', async () => {
  const blobs = new MemoryBlobStore()
  const owedWith = async (batch: number, output: string) => {
    const staged = { partition: 0, records: 1, ref: ref(`out/${batch}`) }
    return {
      batch,
      output,
      manifest: await putManifest(blobs, keys, fullManifest({ batch, outputs: { [output]: [staged] } }), 0),
    }
  }
  const owed = [await owedWith(3, 'left'), await owedWith(4, 'right')]
  const base = fullManifest({ batch: 5, outputs: { left: [{ partition: 0, records: 1, ref: ref('out/5') }] } })
  const manifest = await putManifest(blobs, keys, base, 0)
  const answer = { ...taskDone, shuffles: [{ ref: ref('blk/6') }], outputs: [{ ref: ref('out/6') }, { ref: null }] }
  const sealedTask = { task: 't0', stage: 0, partitions: [0], answer }
  const seals = await putBlob(
    blobs,
    keys.plan(6, 's6'),
    Buffer.from(JSON.stringify({ exec: 0, tasks: [sealedTask] })),
    0,
  )
  const plan = { nonce: 'p6', tick: 6, content: ref('plan/6'), seals }
  const letters = [2, 4].map((batch) => ({ batch, open: {}, ref: ref(`dlq/${batch}`) }))
  const pinned: [number, OperatorUid][] = []
  const live = await liveObjects(headWith({ manifest, plan, owed, letters }), base, blobs, (each, { batch }) =>
    pinned.push([batch, each.output]),
  )
  const refs = [manifest, seals, ...owed.map((each) => each.manifest)].map(({ key }) => key)
  const own = ['out/5', 'dlq/9e/1/d', 'graph/9e/1/g.json', 'st/s', 'st/d', 'st/p', 'st/pack', 'st/r']
  const besides = ['out/3', 'out/4', 'out/6', 'blk/6', 'plan/6', 'dlq/2', 'dlq/4']
  const names = [...own, ...besides].map((name) => ref(name).key)
  assert.deepEqual([...live].toSorted(), [...refs, ...names].toSorted())
  assert.deepEqual(pinned, [
    [3, 'left'],
    [4, 'right'],
  ])
})

test('what people have decided and what sources keep is not swept', () => {
  assert.deepEqual(
    (['dead-letter-command', 'output-command', 'received', 'state', 'plan', 'message'] as const).map(isSwept),
    [false, false, false, true, true, true],
  )
})
