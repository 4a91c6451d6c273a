import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Claim,
  decideAftermath,
  decideDuty,
  decideStart,
  heartbeatMs,
  leaseFrom,
} from '../../lib/checkpoint/decide.ts'
import type { Head } from '../../lib/model/head.ts'
import { headWith, manifestRef } from './heads.ts'

const claim: Claim = { app: 'test', holder: 'other', now: 50, isGone: () => false }

const ofName = (name: string): Head => headWith({ holder: null, conf: { 'spark.app.name': name } })

const starts: readonly [sentence: string, head: Head | null, claim: Partial<Claim>, kind: string][] = [
  ['nothing there is created', null, {}, 'create'],
  [
    'a directory of another app is left alone',
    headWith({ app: 'theirs', halt: { reason: 'x', batch: 2 } }),
    {},
    'foreign',
  ],
  ['a halt stands whoever comes', headWith({ halt: { reason: 'x', batch: 2 } }), { holder: 'me' }, 'halted'],
  ['a holder with a lease keeps it', headWith(), {}, 'busy'],
  ['a lease that ran out is taken over', headWith(), { now: 100 }, 'acquire'],
  ['a holder whose process is gone is taken over at once', headWith(), { isGone: () => true }, 'acquire'],
  ['its own lease is taken up again', headWith(), { holder: 'me' }, 'acquire'],
  [
    'a lease that a clock far ahead has given is not waited for',
    headWith({ leaseUntil: 50 + 2 * 24 * 3600_000 }),
    {},
    'acquire',
  ],
  ['the longest lease that a holder can have is waited for', headWith({ leaseUntil: 50 + 64 * 30_000 }), {}, 'busy'],
  ['a lease that is a little longer is not', headWith({ leaseUntil: 51 + 64 * 30_000 }), {}, 'acquire'],
  ['long intervals have longer leases', headWith({ intervalMs: 60_000, leaseUntil: 50 + 64 * 180_000 }), {}, 'busy'],
  ['an app of the same name is the same', ofName('a'), { name: 'a' }, 'acquire'],
  ['an app of another name in one folder is left alone', ofName('a'), { name: 'b' }, 'foreign'],
  ['where one of the two says no name, the folder decides', ofName('a'), {}, 'acquire'],
  ['where the head says no name, the folder decides', headWith({ holder: null }), { name: 'b' }, 'acquire'],
  ['a released head is free', headWith({ holder: null }), {}, 'acquire'],
]
for (const [sentence, head, changes, kind] of starts)
  test(sentence, () => {
    assert.equal(decideStart(head, { ...claim, ...changes }).kind, kind)
  })

test('the first takeover has the lease of any holder, and each that no commit follows twice the one before', () => {
  const leases = [undefined, 1, 2, 3, 7, 8].map((idle) =>
    leaseFrom(0, { intervalMs: 1000, ...(idle === undefined ? {} : { idle }) }),
  )
  assert.deepEqual(
    leases.map((ms) => ms / 30_000),
    [1, 1, 2, 4, 64, 64],
  )
})

test('a lease is three intervals, half a minute at least, and a holder is heard three times in it', () => {
  const of = (intervalMs: number): number[] => [leaseFrom(7, { intervalMs }) - 7, heartbeatMs({ intervalMs })]
  assert.deepEqual(of(1000), [30_000, 10_000])
  assert.deepEqual(of(60_000), [180_000, 60_000])
})

test('what is committed but not delivered is delivered first', () => {
  assert.deepEqual(decideDuty(headWith({ committed: 4, outDone: 3 })), { kind: 'deliver', batch: 4 })
  assert.deepEqual(decideDuty(headWith({ committed: 4, outDone: 4 })), { kind: 'plan', batch: 5 })
})

const before = headWith()
const commit = headWith({ committed: 2, tick: 2, manifest: manifestRef(2) })
const halt = headWith({ halt: { reason: 'x', batch: 2 } })
const release = headWith({ holder: null, leaseUntil: 0 })
const owed = { batch: 1, output: 'out', manifest: manifestRef(1) }
const open = { nonce: 'p', tick: 2, content: manifestRef(7) }
const aftermaths: readonly [
  sentence: string,
  attempted: Head,
  found: { rev: number; value: Head } | null,
  kind: string,
][] = [
  ['a commit that is there was mine', commit, { rev: 8, value: commit }, 'mine'],
  ['a commit that is not there may be sent again', commit, { rev: 7, value: before }, 'not-yet'],
  ['a halt that is there was mine', halt, { rev: 8, value: halt }, 'mine'],
  ['a halt that never arrived is not taken for done', halt, { rev: 7, value: before }, 'not-yet'],
  ['a release that never arrived is sent again', release, { rev: 7, value: before }, 'not-yet'],
  ['a release that is there was mine', release, { rev: 8, value: release }, 'mine'],
  [
    'a mark that owes other outputs is not the one that was attempted',
    headWith({ owed: [owed] }),
    { rev: 8, value: headWith({ owed: [{ ...owed, batch: 2 }] }) },
    'fenced',
  ],
  [
    'a seal of other answers is not the one that was attempted',
    headWith({ plan: { ...open, seals: manifestRef(4) } }),
    { rev: 8, value: headWith({ plan: { ...open, seals: manifestRef(5) } }) },
    'fenced',
  ],
  ['a takeover fences', commit, { rev: 8, value: headWith({ epoch: 2, holder: 'other' }) }, 'fenced'],
  [
    'a takeover on top of my commit fences as well',
    commit,
    { rev: 9, value: headWith({ ...commit, epoch: 2, holder: 'other' }) },
    'fenced',
  ],
  ['what was written over my commit is not mine, though it looks like it', commit, { rev: 9, value: commit }, 'fenced'],
  ['a recreated app fences', commit, { rev: 8, value: headWith({ inc: 'i2', committed: 0 }) }, 'fenced'],
  ['a head that is gone fences', commit, null, 'fenced'],
  [
    'a sign of life of mine that comes late is no takeover',
    commit,
    { rev: 9, value: { ...before, leaseUntil: 7777 } },
    'renewed',
  ],
  [
    'who takes over and finds that the holder has given a sign of life was not fast enough',
    headWith({ epoch: 2, holder: 'other' }),
    { rev: 8, value: { ...before, leaseUntil: 7777 } },
    'fenced',
  ],
]
for (const [sentence, attempted, found, kind] of aftermaths)
  test(sentence, () => {
    assert.equal(decideAftermath(attempted, { rev: 7, value: before }, found), kind)
  })
