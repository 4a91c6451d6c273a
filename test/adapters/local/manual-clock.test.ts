import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'

test('time stands still until it is moved', async () => {
  const clock = new ManualClock(100)
  assert.equal(clock.now(), 100)
  await clock.advance(50)
  assert.equal(clock.now(), 150)
  clock.set(20)
  assert.equal(clock.now(), 20)
})

test('sleepers wake in the order of their times, each at its own time, however they came', async () => {
  const clock = new ManualClock()
  const woken: string[] = []
  for (const time of [30, 10, 20, 10]) void clock.sleepUntil(time).then(() => woken.push(`${time} at ${clock.now()}`))
  assert.equal(clock.waiting, 4)
  await clock.advance(25)
  assert.deepEqual(woken, ['10 at 10', '10 at 10', '20 at 20'])
  assert.equal(clock.waiting, 1)
  await clock.advance(5)
  assert.deepEqual(woken.at(-1), '30 at 30')
})

test('a loop that sleeps every 10 ms runs ten times in 100 ms', async () => {
  const clock = new ManualClock()
  const ticks: number[] = []
  const loop = async (): Promise<void> => {
    while (ticks.length < 10) {
      await clock.sleepUntil(clock.now() + 10)
      ticks.push(clock.now())
    }
  }
  const done = loop()
  await clock.advance(100)
  await done
  assert.deepEqual(ticks, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
})

test('who sleeps until the past, or with an aborted signal, does not sleep; aborting wakes', async () => {
  const clock = new ManualClock(100)
  await clock.sleepUntil(100)
  await clock.sleepUntil(200, AbortSignal.abort())
  const stop = new AbortController()
  const asleep = clock.sleepUntil(200, stop.signal)
  assert.equal(clock.waiting, 1)
  stop.abort()
  await asleep
  assert.equal(clock.waiting, 0)
  assert.equal(clock.now(), 100)
})

test('a jump wakes whoever it passed', async () => {
  const clock = new ManualClock()
  const woken: number[] = []
  const sleeps = [20, 10].map((time) => clock.sleepUntil(time).then(() => woken.push(time)))
  clock.set(1000)
  assert.equal(clock.waiting, 0)
  await Promise.all(sleeps)
  assert.deepEqual(woken, [10, 20])
})
