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
