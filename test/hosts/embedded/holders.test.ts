import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { decideStart, leaseMs } from '../../../lib/checkpoint/decide.ts'
import { acquired, committed, created } from '../../../lib/checkpoint/transition.ts'
import { holderIsGone, thisHolder } from '../../../lib/hosts/embedded/embedded-host.ts'
import type { Head } from '../../../lib/model/head.ts'

const NO_PROCESS = 2 ** 22 + 1

test('a process is known to be gone only where its number means the same process', () => {
  const [machine, , run] = thisHolder('0123456789').split(':')
  assert.equal(holderIsGone(`${machine}:${NO_PROCESS}:${run}`), true)
  assert.equal(holderIsGone(`${hostname()}:${NO_PROCESS}:${run}`), true, 'as earlier versions wrote it')
  assert.equal(holderIsGone(`${hostname()}/00000000:${NO_PROCESS}:${run}`), false)
  assert.equal(holderIsGone(`elsewhere:${NO_PROCESS}:${run}`), false)
  assert.equal(holderIsGone(`${machine}:1:${run}`), false)
})

const first = created({
  app: 'a',
  inc: 'i',
  graph: 'g',
  intervalMs: 1000,
  zeroTime: 0,
  conf: {},
  holder: 'A',
  leaseUntil: leaseMs(1000, 0),
})

const takenBy = (head: Head, holder: string, now: number): Head =>
  acquired(head, {
    holder,
    leaseUntil: now + leaseMs(1000, head.idle ?? 0),
    graph: 'g',
    conf: {},
    intervalMs: 1000,
    zeroTime: 0,
  })

test('two that cannot see each other: one gets through a batch that is longer than a lease', () => {
  const BATCH_MS = 100_000
  let [head, now, began] = [first, 0, 0]
  for (let takeovers = 0; head.committed === 0; now += 1000) {
    const other = head.holder === 'A' ? 'B' : 'A'
    const decision = decideStart(head, { app: 'a', holder: other, now, isGone: () => false })
    if (decision.kind === 'busy') assert.equal(decision.holder, head.holder)
    else {
      head = takenBy(head, other, now)
      began = now
      assert.ok(++takeovers < 10, 'they take it from each other for ever')
    }
    if (now - began >= BATCH_MS) {
      const manifest = { key: 'a/i/m/1', len: 0, crc: 0 }
      head = committed(head, { tick: 1, manifest })
    }
  }
  assert.equal(head.idle, undefined)
})

test('a lease that a clock which was ahead has given does not keep the app for hours', () => {
  const head = { ...first, leaseUntil: 5 * 3_600_000 }
  assert.equal(decideStart(head, { app: 'a', holder: 'B', now: 0, isGone: () => false }).kind, 'acquire')
  assert.equal(decideStart(first, { app: 'a', holder: 'B', now: 0, isGone: () => false }).kind, 'busy')
})
