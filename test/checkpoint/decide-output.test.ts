import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideOutput } from '../../lib/checkpoint/decide-output.ts'
import type { Head } from '../../lib/model/head.ts'

const manifest = { key: 'newest', len: 1, crc: 1 }
const older = { key: 'older', len: 1, crc: 1 }
const head = (committed: number, outDone: number, owed: Head['owed'] = []): Head => ({
  app: 'a',
  inc: 'i',
  epoch: 1,
  holder: 'h',
  leaseUntil: 0,
  graph: 'g',
  intervalMs: 1000,
  zeroTime: 0,
  conf: {},
  committed,
  tick: committed,
  manifest,
  outDone,
  owed,
  gcFloor: 0,
  halt: null,
})
const request = { app: 'a', inc: 'i', batch: 5, output: 'print' }

test('an output is shown between commit and mark, and later only while it is owed', () => {
  assert.deepEqual(decideOutput(head(4, 4), request), { kind: 'unknown' })
  assert.deepEqual(decideOutput(head(5, 4), request), { kind: 'show', manifest, when: 'committed' })
  assert.deepEqual(decideOutput(head(5, 5), request), { kind: 'marked' })
  assert.deepEqual(decideOutput(head(9, 9, [{ batch: 5, output: 'print', manifest: older }]), request), {
    kind: 'show',
    manifest: older,
    when: 'committed',
  })
  assert.deepEqual(decideOutput(head(9, 9, [{ batch: 5, output: 'other', manifest: older }]), request), {
    kind: 'marked',
  })
  // What it owes of another batch is another matter.
  const owed = [{ batch: 4, output: 'print', manifest: older }]
  assert.deepEqual(decideOutput(head(5, 4, owed), request), { kind: 'show', manifest, when: 'committed' })
  assert.deepEqual(decideOutput(head(5, 5, owed), request), { kind: 'marked' })
})

test('what belongs to no app, another app or another incarnation is not known', () => {
  assert.deepEqual(decideOutput(null, request), { kind: 'unknown' })
  assert.deepEqual(decideOutput(head(5, 4), { ...request, app: 'b' }), { kind: 'unknown' })
  assert.deepEqual(decideOutput(head(5, 4), { ...request, inc: 'j' }), { kind: 'unknown' })
})

test('before its commit an output is shown for the open plan alone, and not any more once that is committed', () => {
  const beforeCommit = { plan: 'p', manifest: older }
  const open = { ...head(4, 4), plan: { nonce: 'p', tick: 5, content: manifest } }
  assert.deepEqual(decideOutput(open, { ...request, beforeCommit }), {
    kind: 'show',
    manifest: older,
    when: 'beforeCommit',
  })
  assert.deepEqual(decideOutput(open, { ...request, beforeCommit: { ...beforeCommit, plan: 'q' } }), {
    kind: 'unknown',
  })
  assert.deepEqual(decideOutput(open, { ...request, batch: 6, beforeCommit }), { kind: 'unknown' })
  assert.deepEqual(decideOutput(head(5, 4), { ...request, beforeCommit }), { kind: 'marked' })
})
