import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { RateLimiter } from '../../../lib/source/receiver/rate-limiter.ts'

test('a receiver that was idle for long may have a second of records at once, and no more', () => {
  const clock = new ManualClock()
  const limiter = new RateLimiter(clock, 10, 10)
  clock.set(60_000)
  const taken: boolean[] = []
  for (let i = 0; i < 11; i++) {
    taken.push(limiter.isFree)
    limiter.take(1)
  }
  assert.deepEqual(
    taken,
    Array.from({ length: 11 }, () => true),
  )
  assert.equal(limiter.freeAt, 60_100)
})

test('a rate follows what it is told, never above the greatest, and not what is no rate', () => {
  const clock = new ManualClock()
  const limiter = new RateLimiter(clock, 10, 100)
  const nextIn = (records: number): number => {
    const before = limiter.freeAt
    limiter.take(records)
    return limiter.freeAt - before
  }
  assert.equal(nextIn(1), 100)
  limiter.updateRate(5)
  assert.equal(nextIn(2), 400)
  limiter.updateRate(0)
  assert.equal(nextIn(1), 200)
  limiter.updateRate(1000)
  assert.equal(nextIn(1), 100)
})

test('without a rate a receiver is always free; a first rate holds where there is no greatest', () => {
  const clock = new ManualClock()
  const unlimited = new RateLimiter(clock, 0, 0)
  unlimited.take(1e6)
  assert.deepEqual([unlimited.isFree, unlimited.freeAt], [true, -Infinity])
  const limiter = new RateLimiter(clock, -1, 2)
  limiter.take(1)
  assert.deepEqual([limiter.isFree, limiter.freeAt], [false, 500])
  clock.set(500)
  assert.equal(limiter.isFree, true)
})
