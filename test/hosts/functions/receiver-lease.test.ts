import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryHeadStore } from '../../../lib/adapters/local/head-memory.ts'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { decideLease, LEASE_MS, LeaseHolder } from '../../../lib/hosts/functions/receiver-lease.ts'

const NOW = 1_000_000
const alive = { holder: 'a', until: NOW + LEASE_MS, endsAt: NOW + 600_000 }

for (const [what, lease, decision] of [
  ['nobody', null, 'take'],
  ['a life that goes on for long', alive, 'leave'],
  ['a life that ends before the next tick', { ...alive, endsAt: NOW + 30_000 }, 'wait'],
  ['a life that says nothing any more', { ...alive, until: NOW }, 'take'],
  ['a life that has ended', { ...alive, ended: true }, 'take'],
  ['a life whose lease runs out in a moment', { ...alive, until: NOW + 1 }, 'leave'],
  ['a life that ends when the next tick may still wait', { ...alive, endsAt: NOW + 65_000 }, 'wait'],
  ['a life that ends just after that', { ...alive, endsAt: NOW + 65_001 }, 'leave'],
] as const)
  test(`${what} runs the receiver: ${decision}`, () => assert.equal(decideLease(lease, NOW), decision))

test('of two lives at once one receives, and the other when that has let go', async () => {
  const register = new MemoryHeadStore<unknown>()
  const clock = new ManualClock(NOW)
  const [one, other] = ['a', 'b'].map((holder) => new LeaseHolder(register, clock, { holder, endsAt: NOW + 50_000 }))
  assert.equal(await one.taken(), true)
  let isTaken = false
  const waiting = other.taken().then((taken) => (isTaken = taken))
  for (let i = 0; i < 4; i++) {
    await clock.advance(10_000)
    assert.equal(await one.renewed(), true)
  }
  assert.equal(isTaken, false)
  await one.released()
  await clock.advance(1000)
  await waiting
  assert.equal(isTaken, true)
  assert.equal(await one.renewed(), false)
})

test('a renewal whose answer was lost holds the lease, and what is no lease is taken over', async () => {
  const register = new MemoryHeadStore<unknown>()
  const clock = new ManualClock(NOW)
  await register.cas(0, { holder: 5 }, 'other')
  const holder = new LeaseHolder(register, clock, { holder: 'a', endsAt: NOW + 50_000 })
  assert.equal(await holder.taken(), true)
  assert.deepEqual((await register.read())!.value, { holder: 'a', until: NOW + LEASE_MS, endsAt: NOW + 50_000 })
  const cas = register.cas.bind(register)
  register.cas = async (...given) => {
    await cas(...given)
    return 'refused'
  }
  clock.set(NOW + 1000)
  assert.equal(await holder.renewed(), true)
  register.cas = cas
  assert.equal(await holder.renewed(), true)
  await cas(4, { holder: 'b', until: NOW + 90_000, endsAt: NOW + 90_000 }, 'take')
  assert.equal(await holder.renewed(), false)
})
