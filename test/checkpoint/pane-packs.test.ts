import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putManifest, readManifest, withPacks } from '../../lib/checkpoint/manifest.ts'
import { ObjectKeys } from '../../lib/checkpoint/object-keys.ts'
import { livePacks } from '../../lib/checkpoint/pane-packs.ts'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import type { Manifest, PaneList } from '../../lib/model/manifest.ts'

const names = new ObjectKeys('app', 'i1')
const panes = (from: number, count: number): PaneList['panes'] =>
  Array.from({ length: count }, (_, at) => ({
    time: 1000 * (at + 1),
    ref: { key: `${names.root}st/pane-${from}-${at}`, len: 8, crc: 0 },
  }))
const manifest = (lists: readonly PaneList[]): Manifest => ({
  format: 1,
  batch: 300,
  nonce: 'n',
  base: 'm',
  graph: 'g',
  time: 300_000,
  tick: 300,
  cuts: {},
  positions: {},
  actions: {},
  retained: {},
  outputs: {},
  records: {},
  state: { window: { chains: [], panes: lists } },
})

test('the long pane lists of two key-group ranges are each written apart, and read back whole', async () => {
  const blobs = new MemoryBlobStore()
  const lists = [0, 64].map((from) => ({ from, to: from + 64, panes: panes(from, 200) }))
  const complete = await withPacks(blobs, names, manifest(lists), () => 'run')
  assert.equal(new Set(complete.packs?.map(({ ref }) => ref.key)).size, 2)
  const read = await readManifest(blobs, await putManifest(blobs, names, complete))
  assert.deepEqual(read.state.window.panes, lists)
})

test('the packs of one operator say nothing about the panes of another', async () => {
  const blobs = new MemoryBlobStore()
  const list = (count: number, first: number): PaneList => ({ from: 0, to: 256, panes: panes(first, count) })
  const both = (short: number): Manifest => ({
    ...manifest([list(200, 0)]),
    state: { long: { chains: [], panes: [list(200, 0)] }, short: { chains: [], panes: [list(short, 256)] } },
  })
  for (const short of [5, 100, 150]) {
    const complete = await withPacks(blobs, names, both(short), () => `run${short}`)
    const read = await readManifest(blobs, await putManifest(blobs, names, { ...complete, nonce: `n${short}` }))
    assert.deepEqual(read.state, both(short).state)
  }
})

test('a pack leaves out the panes that have left the window since it was written', async () => {
  const blobs = new MemoryBlobStore()
  const all = panes(0, 200)
  const { packs } = await withPacks(blobs, names, manifest([{ from: 0, to: 128, panes: all }]), () => 'run')
  const later = { ...manifest([{ from: 0, to: 128, panes: all.slice(10) }]), packs: packs! }
  const read = await readManifest(blobs, await putManifest(blobs, names, later))
  assert.deepEqual(read.state.window.panes, [{ from: 0, to: 128, panes: all.slice(10) }])
})

test('panes of one time, as many partitions once left them, stay together in a pack', async () => {
  for (const ofOneTime of [1, 2, 3, 9, 21, 50, 63, 64, 65, 300]) {
    const blobs = new MemoryBlobStore()
    const all = panes(0, 300).map((pane, at) => ({ ...pane, time: 1000 * (1 + Math.floor(at / ofOneTime)) }))
    const lists = [{ from: 0, to: 256, panes: all }]
    const complete = await withPacks(blobs, names, manifest(lists), () => 'run')
    assert.equal(complete.packs!.length, 1)
    const read = await readManifest(blobs, await putManifest(blobs, names, complete))
    assert.deepEqual(read.state.window.panes, lists, `${ofOneTime} of one time`)
    const packed = Math.ceil(64 / ofOneTime) * ofOneTime
    assert.equal(complete.packs![0].last, all[Math.min(packed, 300) - 1].time, `${ofOneTime} of one time`)
  }
})

test('a pack is there as long as the last of its panes is in the window', async () => {
  const all = panes(0, 200)
  const whole = manifest([{ from: 0, to: 128, panes: all }])
  const { packs } = await withPacks(new MemoryBlobStore(), names, whole, () => 'run')
  const last = all.findIndex(({ time }) => time === packs![0].last)
  const packsOf = (oldest: number): number =>
    livePacks(packs!, manifest([{ from: 0, to: 128, panes: all.slice(oldest) }]).state).length
  assert.deepEqual([packsOf(last - 1), packsOf(last), packsOf(last + 1)], [1, 1, 0])
  // Other ranges name their panes themselves, also where they begin or end at the same key group.
  const halves = [0, 64].map((from) => ({ from, to: from + 64, panes: all }))
  assert.deepEqual(livePacks(packs!, manifest(halves).state), [])
})

test('a window that goes on is packed further: each pane is in one pack or in the manifest, and in order', async () => {
  const blobs = new MemoryBlobStore()
  const all = panes(0, 500)
  let packs: Manifest['packs']
  for (let count = 100; count <= 500; count += 40) {
    const list = { from: 0, to: 256, panes: all.slice(0, count) }
    const now = { ...manifest([list]), ...(packs ? { packs } : {}) }
    const complete = await withPacks(blobs, names, now, () => `run-${count}`)
    packs = complete.packs
    const written = await putManifest(blobs, names, { ...complete, nonce: `n${count}` }, 0)
    const read = await readManifest(blobs, written)
    assert.deepEqual(read.state.window.panes, [list], `${count} panes`)
    const stored = JSON.parse(Buffer.from(await blobs.get(written.key)).toString()) as Manifest
    assert.ok(stored.state.window.panes![0].panes.length < 128, `${count} panes`)
  }
  assert.ok(packs!.length > 2)
})

test('a list that is short, or of a range that no pack is of, stays in the manifest', async () => {
  const blobs = new MemoryBlobStore()
  const lists = [0, 128].map((from) => ({ from, to: from + 128, panes: panes(from, from === 0 ? 127 : 128) }))
  const { packs } = await withPacks(blobs, names, manifest(lists), () => 'run')
  assert.deepEqual(
    packs!.map(({ from, to, last }) => [from, to, last]),
    [[128, 256, 64_000]],
  )
  const other = { ...manifest([{ from: 0, to: 256, panes: panes(0, 100) }]), packs: packs! }
  const written = await putManifest(blobs, names, other, 0)
  assert.deepEqual((await readManifest(blobs, written)).state.window.panes, other.state.window.panes)
})
