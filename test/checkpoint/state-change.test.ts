import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putManifest, readManifest, withPacks } from '../../lib/checkpoint/manifest.ts'
import { ObjectKeys } from '../../lib/checkpoint/object-keys.ts'
import { selfCheck } from '../../lib/checkpoint/self-check.ts'
import { withChange } from '../../lib/checkpoint/state-change.ts'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import type { Manifest, OperatorState } from '../../lib/model/manifest.ts'

const names = new ObjectKeys('app', 'i1')
const whole: OperatorState = { chains: [{ from: 0, to: 256, keys: 1, blocks: [] }] }
const window: OperatorState = {
  ...whole,
  panes: [
    {
      from: 0,
      to: 256,
      panes: Array.from({ length: 200 }, (_, at) => ({
        time: 1000 * (at + 1),
        ref: { key: `app/i1/st/pane-${at}`, len: 8, crc: 0 },
      })),
    },
  ],
}
const manifest = (batch: number, state: Manifest['state'], more: Partial<Manifest> = {}): Manifest => ({
  format: 1,
  batch,
  tick: batch,
  time: 1000 * batch,
  nonce: `n${batch}`,
  base: batch > 1 ? `n${batch - 1}` : null,
  graph: 'g',
  cuts: {},
  positions: {},
  actions: {},
  state,
  retained: {},
  outputs: {},
  records: {},
  ...more,
})

test('a change renames and drops state, positions and kept records; what has no part in it stays', () => {
  const before = manifest(
    1,
    { a: whole, b: whole, c: whole },
    { positions: { s: 1, t: 2 }, retained: { 'w/input': [], 'v/input': [] } },
  )
  const { state, positions, retained } = withChange(before, {
    moved: { a: 'x', 'w/input': 'y/input' },
    dropped: ['b', 's', 'v/input'],
  })
  assert.deepEqual([Object.keys(state), positions, Object.keys(retained)], [['x', 'c'], { t: 2 }, ['y/input']])
})

test('the packs of a long window go with it', async () => {
  const blobs = new MemoryBlobStore()
  const packed = await withPacks(blobs, names, manifest(1, { old: window, gone: window }), () => 'run')
  assert.equal(packed.packs!.length, 2)
  const changed = withChange(packed, { moved: { old: 'new' }, dropped: ['gone'] })
  assert.deepEqual(
    changed.packs!.map(({ operator }) => operator),
    ['new'],
  )
  const read = await readManifest(blobs, await putManifest(blobs, names, changed))
  assert.deepEqual(read.state, { new: window })
})

test('state that is missing is allowed for by the change that says so, and by nothing else', () => {
  const before = manifest(1, { a: whole, b: whole })
  assert.equal(selfCheck(before, manifest(2, { a: whole })), 'state of b is missing')
  assert.equal(selfCheck(before, manifest(2, { a: whole }, { change: { moved: {}, dropped: ['b'] } })), null)
  assert.equal(
    selfCheck(before, manifest(2, { a: whole }, { change: { moved: { b: 'c' }, dropped: [] } })),
    'state of c is missing',
  )
  assert.equal(
    selfCheck(before, manifest(2, { a: whole, c: whole }, { change: { moved: { b: 'c' }, dropped: [] } })),
    null,
  )
})

test('the version of a state does not go back', () => {
  const before = manifest(1, { a: { ...whole, version: 3 } })
  assert.equal(selfCheck(before, manifest(2, { a: { ...whole, version: 3 } })), null)
  assert.equal(
    selfCheck(before, manifest(2, { a: { ...whole, version: 2 } })),
    'state of a went back from version 3 to 2',
  )
  assert.equal(selfCheck(before, manifest(2, { a: whole })), 'state of a went back from version 3 to 1')
})
