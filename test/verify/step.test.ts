import assert from 'node:assert/strict'
import { test } from 'node:test'
import { created } from '../../lib/checkpoint/transition.ts'
import type { Head } from '../../lib/model/head.ts'
import type { Manifest, OperatorState } from '../../lib/model/manifest.ts'
import { faultOfCommit, faultOfOwn, nameFault } from '../../lib/verify/step.ts'
import { ObjectKeys } from '../../lib/checkpoint/object-keys.ts'
import { cutTo, keys, manifestOf } from './manifests.ts'

const facts = { app: 'test', inc: 'i1', graph: 'g', intervalMs: 1000, zeroTime: 0, conf: {} }
const headOf = (batch: number): Head => ({
  ...created({ ...facts, holder: 'me', leaseUntil: 100 }),
  committed: batch,
  tick: batch,
  manifest: { key: keys.manifest(batch, `n${batch}`), len: 1, crc: 1 },
})
/** What is wrong with the second batch after the first. */
const after = (base: Partial<Manifest>, next: Partial<Manifest>): string | null =>
  faultOfCommit(headOf(2), { nonce: 'n1', manifest: manifestOf(1, base) }, manifestOf(2, next))

const refOf = (batch: number, name = 'p') => ({ key: keys.state('w', batch, 'p0', 'r', name), len: 1, crc: 1 })
const paneOf = (batch: number) => ({ time: 1000 * batch, ref: refOf(batch) })
const blockOf = (batch: number) => ({ kind: 'snapshot' as const, batch, ref: refOf(batch, 's'), keys: 1 })
const windowOf = (...panes: ReturnType<typeof paneOf>[]): OperatorState => ({
  chains: [{ from: 0, to: 256, keys: 0, blocks: [] }],
  panes: [{ from: 0, to: 256, panes }],
})
const sumsOf = (block: ReturnType<typeof blockOf>): OperatorState => ({
  chains: [{ from: 0, to: 256, keys: 1, blocks: [block] }],
})

test('a batch that follows from the one before it is good, whatever it kept and wrote', () => {
  const kept = { w: windowOf(paneOf(1)), sums: sumsOf(blockOf(1)) }
  const lines = [{ time: 1000, parts: [refOf(1)] }]
  assert.equal(after({}, {}), null)
  assert.equal(after({ state: kept, retained: { lines } }, { state: kept, retained: { lines } }), null)
  const both = [...lines, { time: 2000, parts: [refOf(2)] }]
  const written = { w: windowOf(paneOf(1), paneOf(2)), sums: sumsOf(blockOf(2)) }
  assert.equal(after({ state: kept, retained: { lines } }, { state: written, retained: { lines: both } }), null)
})

test('what a batch wrote itself bears its number, and what it kept that of its own', () => {
  const pane = { time: 2000, ref: refOf(1) }
  assert.equal(
    after({ state: { w: windowOf() } }, { state: { w: windowOf(pane) } }),
    `state of w: ${pane.ref.key} stands for the pane of batch 2`,
  )
  const part = { time: 2000, parts: [refOf(2), refOf(1)] }
  assert.equal(
    after({}, { retained: { lines: [part] } }),
    `the kept records of "lines" of batch 2 are those in ${refOf(1).key}`,
  )
  const block = { ...blockOf(2), ref: refOf(1, 's') }
  assert.equal(
    after({ state: { sums: sumsOf(blockOf(1)) } }, { state: { sums: sumsOf(block) } }),
    `state of sums: ${block.ref.key} stands for what batch 2 wrote`,
  )
  const ref = { key: keys.output('print', 1, 0, 'r'), len: 1, crc: 1 }
  assert.equal(
    after({}, { outputs: { print: [{ partition: 0, records: 1, ref }] } }),
    `output "print" of batch 2 would show ${ref.key}`,
  )
})

test('a program that changed goes on under the new names, from what was there under the old ones', () => {
  const base: Partial<Manifest> = {
    state: { totals: sumsOf(blockOf(1)), old: sumsOf(blockOf(1)) },
    positions: { rows: 1 },
    cuts: { rows: cutTo(1) },
    records: { rows: 1 },
    retained: { rows: [{ time: 1000, parts: [refOf(1)] }] },
  }
  const next: Partial<Manifest> = {
    state: { sums: sumsOf(blockOf(1)) },
    positions: { lines: 1 },
    cuts: { lines: null },
    records: {},
    retained: { lines: [{ time: 1000, parts: [refOf(1)] }] },
  }
  const change = { moved: { totals: 'sums', rows: 'lines' }, dropped: ['old'] }
  assert.equal(after(base, { ...next, change }), null)
  assert.match(after(base, next) ?? '', /^state of totals is missing$/)
  assert.match(after(base, { ...next, change: { ...change, dropped: [] } }) ?? '', /^state of old is missing$/)
})

test('where the manifest before is gone, a batch is held to its cuts and its names alone', () => {
  const alone = (changes: Partial<Manifest>): string | null =>
    faultOfCommit(headOf(2), { nonce: 'n1', manifest: null }, manifestOf(2, changes))
  const pane = { w: windowOf(paneOf(1)) }
  assert.equal(alone({ state: pane, positions: { lines: 9 } }), null)
  assert.equal(alone({ records: { lines: 2 } }), 'batch 2 counts 2 records of "lines", but its cut holds 1')
  assert.equal(alone({ cuts: { lines: { ...cutTo(2), records: null } }, records: { lines: 9 } }), null)
  const first = faultOfCommit(headOf(1), { nonce: null, manifest: null }, manifestOf(1, { positions: { lines: 9 } }))
  assert.equal(first, 'the position of "lines" after batch 1 is not that of its cut')
})

test('a batch names as many objects as it wrote', () => {
  const manifest = manifestOf(2, { state: { w: windowOf(paneOf(1), paneOf(2)), sums: sumsOf(blockOf(2)) } })
  assert.deepEqual([faultOfOwn(manifest), faultOfOwn({ ...manifest, wrote: 2 })], [null, null])
  for (const wrote of [1, 3])
    assert.equal(faultOfOwn({ ...manifest, wrote }), `batch 2 wrote ${wrote} objects, and its manifest names 2 of them`)
})

test('a commit names a manifest of its app, its incarnation and its batch', () => {
  const named = (key: string): string | null => nameFault({ ...headOf(2), manifest: { key, len: 1, crc: 1 } })
  assert.equal(named(keys.manifest(2, 'n2')), null)
  assert.equal(nameFault({ ...headOf(2), manifest: null }), 'batch 2 was committed without a manifest')
  const others = [
    keys.manifest(1, 'n2'),
    keys.plan(2, 'n2'),
    new ObjectKeys('other', 'i1').manifest(2, 'n2'),
    new ObjectKeys('test', 'i2').manifest(2, 'n2'),
    'nonsense',
  ]
  for (const key of others)
    assert.equal(named(key), `batch 2 was committed with the manifest ${key}, which is not one of that batch`)
})
