import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../lib/adapters/local/system-clock.ts'

test('who slept until a time never wakes before it', async () => {
  const times = [0, 1, 3, 7, 12].map((ms) => systemClock.now() + ms)
  await Promise.all(
    times.map(async (time) => {
      await systemClock.sleepUntil(time)
      assert.ok(systemClock.now() >= time)
    }),
  )
})

test('a sleep of years ends when its signal aborts', async () => {
  const stop = new AbortController()
  const asleep = systemClock.sleepUntil(systemClock.now() + 1e12, stop.signal)
  stop.abort()
  await asleep
  await systemClock.sleepUntil(systemClock.now() + 1e12, stop.signal)
})
