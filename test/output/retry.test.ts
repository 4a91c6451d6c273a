import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import type { Clock } from '../../lib/host/clock.ts'
import { type Attempt, tryRepeatedly } from '../../lib/output/retry.ts'
import type { Delivery } from '../../lib/output/sink.ts'
import { delivery } from '../../lib/testing/contracts/sink-rows.ts'

/** A clock on which waiting takes no time, and what was waited for. */
function passing(): { readonly clock: Clock; readonly waits: number[] } {
  const clock = new ManualClock(0)
  const waits: number[] = []
  const sleepUntil = async (time: number): Promise<void> => {
    waits.push(time - clock.now())
    await clock.advance(time - clock.now())
  }
  return { clock: { now: () => clock.now(), sleepUntil }, waits }
}

/** How often a place that takes nothing is tried, and with which words that ends. */
async function tried(
  more: Partial<Delivery>,
  attemptsMax: number,
  waitMs?: number,
): Promise<{ readonly attempts: number; readonly error: unknown }> {
  let attempts = 0
  const attempt = async (): Promise<Attempt<never>> => {
    const error = new Error(`attempt ${++attempts}`)
    return { kind: 'again', error, ...(waitMs === undefined ? {} : { waitMs }) }
  }
  const error = await tryRepeatedly({ ...delivery(1), ...more }, attemptsMax, attempt).catch((each: unknown) => each)
  return { attempts, error }
}

test('a place that takes nothing is tried so often, with growing waits, and its last error is told', async () => {
  const { clock, waits } = passing()
  const { attempts, error } = await tried({ clock }, 4)
  assert.deepEqual([attempts, (error as Error).message], [4, 'attempt 4'])
  assert.equal(waits.length, 3)
  assert.ok(waits[2] > waits[0], waits.join())
  assert.equal((await tried({}, 3)).attempts, 3, 'without a clock they follow one another')
})

test('nobody waits beyond the moment at which whoever delivers gives up', async () => {
  const { clock, waits } = passing()
  assert.equal((await tried({ clock, notAfter: 0 }, 8)).attempts, 1)
  assert.deepEqual(waits, [])
  const notAfter = 1500
  const { attempts } = await tried({ clock, notAfter }, 100)
  assert.ok(attempts > 1 && clock.now() < notAfter, `${attempts} attempts up to ${clock.now()}`)
})

test('a wait that would end when whoever delivers gives up is not begun', async () => {
  const waiting = async (notAfter: number): Promise<number> =>
    (await tried({ clock: passing().clock, notAfter }, 2, 9000)).attempts
  assert.deepEqual([await waiting(9000), await waiting(9001)], [1, 2])
})

test('a wait is never shorter than it grows to, and ten seconds are waited for', async () => {
  const grown = passing()
  await tried({ clock: grown.clock }, 6)
  const asked = passing()
  await tried({ clock: asked.clock }, 6, 1)
  assert.deepEqual(asked.waits, grown.waits)
  const most = passing()
  assert.equal((await tried({ clock: most.clock }, 3, 10_000)).attempts, 3)
  assert.deepEqual(most.waits, [10_000, 10_000])
})

test('a short wait that the other side asks for is kept; who asks for a long one is not waited for here', async () => {
  const { clock, waits } = passing()
  assert.equal((await tried({ clock }, 3, 9000)).attempts, 3)
  assert.ok(waits.length === 2 && waits.every((ms) => ms >= 9000), waits.join())
  assert.equal((await tried({ clock }, 3, 10_001)).attempts, 1)
  assert.equal(waits.length, 2)
})

test('a delivery that is given up is not tried again, and ends with the reason', async () => {
  const { clock } = passing()
  const given = new AbortController()
  given.abort(new Error('no time left'))
  const { attempts, error } = await tried({ clock, signal: given.signal }, 3)
  assert.deepEqual([attempts, (error as Error).message], [0, 'no time left'])
})
