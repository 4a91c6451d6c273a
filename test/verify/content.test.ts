import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { putBlob } from '../../lib/checkpoint/blobs.ts'
import { putOutputLetters } from '../../lib/checkpoint/letter-blocks.ts'
import { encodeBlock } from '../../lib/codec/block.ts'
import type { Manifest, OperatorState, StateBlock } from '../../lib/model/manifest.ts'
import type { BlobRef } from '../../lib/model/refs.ts'
import { KeyedState } from '../../lib/state/keyed-state.ts'
import { Contents } from '../../lib/verify/content.ts'
import { keys, manifestOf } from './manifests.ts'

const blobs = new MemoryBlobStore()
const faultOf = (changes: Partial<Manifest>): Promise<string | null> =>
  new Contents(blobs).faultOf(manifestOf(1, changes))
const rows = (...values: string[]): Uint8Array => encodeBlock([{ section: 0, columns: [values], count: values.length }])
/** Each object has a writer of its own. */
let writers = 0
const put = (bytes: Uint8Array): Promise<BlobRef> =>
  putBlob(blobs, keys.output('print', 1, 0, `r${++writers}`), bytes, 0)
const putState = (bytes: Uint8Array): Promise<BlobRef> =>
  putBlob(blobs, keys.state('sums', 1, 'p0', `r${++writers}`, 's'), bytes, 0)

test('an output has as many records as its manifest says, each part for itself', async () => {
  const parts = async (first: number, second: number): Promise<Partial<Manifest>> => ({
    outputs: {
      print: [
        { partition: 0, records: first, ref: await put(rows('a', 'b')) },
        { partition: 1, records: 0, ref: null },
        { partition: 2, records: second, ref: await put(rows('c')) },
      ],
    },
  })
  assert.equal(await faultOf(await parts(2, 1)), null)
  const wrong = 'batch 1 counts 2 records for partition 2 of output "print", which holds 1'
  assert.equal(await faultOf(await parts(2, 2)), wrong)
  // A pack of panes is no block; beside one, everything else is read as ever.
  const pack = await putState(Buffer.from('[]'))
  const packs = [{ operator: 'w', from: 0, to: 256, last: 0, ref: pack }]
  assert.equal(await faultOf({ ...(await parts(2, 1)), packs }), null)
  assert.equal(await faultOf({ ...(await parts(2, 2)), packs }), wrong)
})

test('of the parts of one object each is compared with its own count, and read once', async () => {
  const [one, two] = [rows('a', 'b'), rows('c')]
  const { key } = await put(Buffer.concat([one, two]))
  const parts = (second: number): Partial<Manifest> => ({
    outputs: {
      print: [
        { partition: 0, records: 2, ref: { key, len: one.length, crc: crc32(one), at: 0 } },
        { partition: 1, records: second, ref: { key, len: two.length, crc: crc32(two), at: one.length } },
      ],
    },
  })
  assert.equal(await faultOf(parts(2)), 'batch 1 counts 2 records for partition 1 of output "print", which holds 1')
  const contents = new Contents(blobs)
  for (const batch of [1, 2]) assert.equal(await contents.faultOf(manifestOf(batch, parts(1))), null)
  assert.equal(contents.objects, 2)
})

test('letters that are open are among those that were kept', async () => {
  const letter = { source: 's', split: 'x', code: 'E_USER_CODE', message: 'no', place: null, record: 'a' } as const
  const kept = [0, 1].map((index) => ({ ...letter, id: `1-${index}o`, index, ofOutput: true as const }))
  const { ref } = await putOutputLetters(blobs, keys.deadLetters(1, 'r.0'), 1, kept)
  const said = (...open: string[]): Promise<string | null> =>
    faultOf({ deadLetters: [{ batch: 1, open: { s: open }, ref }] })
  assert.equal(await said('1-0o'), null)
  assert.equal(await said('1-0o', '1-1o'), null)
  assert.equal(await said('1-0o', '1-1o', '1-2o'), 'batch 1 left more dead letters open than the 2 it kept')
})

test('the description of a graph lists operators', async () => {
  const facts = (text: string): Promise<BlobRef> => putBlob(blobs, keys.graph(1, `r${++writers}`), Buffer.from(text), 0)
  assert.equal(await faultOf({ facts: await facts('{"operators":[]}') }), null)
  const ref = await facts('{"operators":{}}')
  assert.equal(await faultOf({ facts: ref }), `${ref.key} is not the description of a graph`)
})

/** What is said of a state block that is said to hold so many keys. */
async function ofState(bytes: Uint8Array, facts: Partial<StateBlock>, changes: Partial<OperatorState> = {}) {
  const ref = await putState(bytes)
  const block: StateBlock = { kind: 'snapshot', batch: 1, keys: 3, ref, ...facts }
  const said = await faultOf({
    state: { sums: { chains: [{ from: 0, to: 256, keys: 3, blocks: [block] }], ...changes } },
  })
  return said?.replace(ref.key, 'it') ?? null
}
const wrong = (keys_: number): string => `state of sums: it holds 3 keys, the manifest says ${keys_}`

test('a snapshot holds the keys that the manifest says, a delta at most those, and so does a window', async () => {
  const state = new KeyedState()
  for (const key of ['a', 'b', 'c']) state.put(state.table.upsert(key), 1)
  const [snapshot, delta] = [state.encodeSnapshot(), state.encodeDelta()]
  const said = (panes: Partial<OperatorState>) =>
    Promise.all([2, 3, 4].map((count) => ofState(snapshot, { keys: count }, panes)))
  assert.deepEqual(await said({}), [wrong(2), null, wrong(4)])
  assert.deepEqual(await said({ panes: [] }), [wrong(2), null, null])
  const ofDelta = [2, 3, 4].map((count) => ofState(delta, { keys: count, kind: 'delta' }))
  assert.deepEqual(await Promise.all(ofDelta), [wrong(2), null, null])
})

test('an object that is gone is missed, with the batch that needs it', async () => {
  const ref = await put(rows('a'))
  await blobs.delete(ref.key)
  assert.match(
    (await faultOf({ outputs: { print: [{ partition: 0, records: 1, ref }] } })) ?? '',
    /^batch 1 needs an object that cannot be read: /,
  )
})
