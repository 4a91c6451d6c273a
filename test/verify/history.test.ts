import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { putBlob } from '../../lib/checkpoint/blobs.ts'
import { putOutputLetters } from '../../lib/checkpoint/letter-blocks.ts'
import { putManifest } from '../../lib/checkpoint/manifest.ts'
import { ObjectKeys } from '../../lib/checkpoint/object-keys.ts'
import { committed, created, marked } from '../../lib/checkpoint/transition.ts'
import { encodeBlock } from '../../lib/codec/block.ts'
import type { HeadWrite } from '../../lib/host/head-store.ts'
import type { Head } from '../../lib/model/head.ts'
import type { Manifest } from '../../lib/model/manifest.ts'
import { verifyHistory } from '../../lib/verify/history.ts'

const keys = new ObjectKeys('test', 'i1')
const letter = {
  id: '1-1o',
  source: 'print',
  split: 'p0',
  index: 0,
  code: 'E_USER_CODE',
  message: 'no',
  place: null,
  ofOutput: true as const,
  record: 'a',
}

/** One batch whose output failed, and had been shown without a record: what the head names beside its manifest. */
async function history(): Promise<{
  readonly blobs: MemoryBlobStore
  readonly writes: HeadWrite<Head>[]
  readonly letters: string
  readonly staged: string
}> {
  const blobs = new MemoryBlobStore()
  const conf = { app: 'test', inc: 'i1', graph: 'g', intervalMs: 1000, zeroTime: 0, conf: {} }
  const first = created({ ...conf, holder: 'me', leaseUntil: 100 })
  const block = encodeBlock([{ section: 0, columns: [['a', 'b']], count: 2 }])
  const staged = await putBlob(blobs, keys.output('print', 1, 0, 'r.0'), block, 0)
  const manifest: Manifest = {
    format: 2,
    batch: 1,
    tick: 1,
    time: 1000,
    nonce: 'n1',
    base: null,
    graph: 'g',
    cuts: {},
    positions: {},
    actions: {},
    state: {},
    retained: {},
    outputs: { print: [{ partition: 0, records: 2, ref: staged }] },
    records: {},
  }
  const ref = await putManifest(blobs, keys, manifest)
  const letters = await putOutputLetters(blobs, keys.deadLetters(2, 'r.0'), 1, [letter])
  const second = committed(first, { tick: 1, manifest: ref })
  const owed = [{ batch: 1, output: 'print', manifest: ref }]
  const third = marked(second, { owed, gcFloor: 0, letters: [letters] })
  const writes = [
    { rev: 1, cause: 'create', value: first },
    { rev: 2, cause: 'commit', value: second },
    { rev: 3, cause: 'mark', value: third },
  ]
  return { blobs, writes, letters: letters.ref.key, staged: staged.key }
}

test('what outputs owe and were shown without is found good where it is there', async () => {
  const { blobs, writes } = await history()
  assert.deepEqual((await verifyHistory(writes, blobs)).violation, null)
})

test('dead letters that only the head names are missed when they are gone', async () => {
  const { blobs, writes, letters } = await history()
  await blobs.delete(letters)
  const { violation } = await verifyHistory(writes, blobs)
  assert.match(violation?.what ?? '', /^the dead letters that outputs of batch 1 left cannot be read: /)
})

test('what an output owes is missed when it is gone', async () => {
  const { blobs, writes, staged } = await history()
  await blobs.delete(staged)
  assert.match(
    (await verifyHistory(writes, blobs)).violation?.what ?? '',
    /^batch 1 needs an object that cannot be read/,
  )
})

test('an output that is owed by a manifest which does not have it is said', async () => {
  const { blobs, writes } = await history()
  const mark = writes[2]
  const owed = [{ ...mark.value.owed[0], output: 'other' }]
  const { violation } = await verifyHistory([...writes.slice(0, 2), { ...mark, value: { ...mark.value, owed } }], blobs)
  assert.match(violation?.what ?? '', /^output "other" of batch 1 is owed, but its manifest does not have it/)
})
