import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { SluiceError } from '../../../lib/model/errors.ts'
import { runStages } from '../../../lib/runtime/batch/run-stages.ts'
import { START } from '../../support/run.ts'
import { firstBatch } from './first-batch.ts'

const busy = new SluiceError('E_BLOB_UNREACHABLE', 'The store is busy.', { retry: true })
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
}

/** When each attempt of the first two tasks was made, in ms after the start, while nothing succeeds before `until`. */
async function attempts(until: number): Promise<Record<string, number[]>> {
  const clock = new ManualClock(START)
  const at: Record<string, number[]> = {}
  const { run, progress } = firstBatch(async (spec, honestly) => {
    ;(at[spec.task] ??= []).push(clock.now() - START)
    if (clock.now() < START + until) throw busy
    return honestly()
  })
  let isDone = false
  const done = runStages({ ...run, clock, attemptsMax: 12 }, progress).finally(() => (isDone = true))
  while (!isDone) {
    await turns()
    await clock.advance(10)
  }
  await done
  return { first: at['s0.t0'], second: at['s0.t1'] }
}

test('F33: attempts are apart by waits that grow; tasks that failed together come back apart', async () => {
  const { first, second } = await attempts(10_000)
  const waits = first.slice(1).map((time, i) => time - first[i])
  assert.ok(first.length < 12, `${first.length} attempts in ten seconds`)
  for (const [i, wait] of waits.entries()) assert.ok(wait >= Math.min(5000, 50 * 2 ** i) / 2, JSON.stringify(waits))
  assert.notDeepEqual(first, second)
  assert.deepEqual(await attempts(10_000), { first, second })
})

test('a stop does not wait for the next attempt: the batch fails with what the last one said', async () => {
  const stop = new AbortController()
  const { run, progress } = firstBatch(async () => {
    throw busy
  })
  const clock = new ManualClock(START)
  const ended = runStages({ ...run, clock, attemptsMax: 4, signal: stop.signal }, progress)
  await turns()
  stop.abort()
  await assert.rejects(ended, { code: 'E_BLOB_UNREACHABLE' })
  assert.equal(clock.now(), START)
})

test('F18: what failed is not tried again by who has no time for it, and why it failed is not lost', async () => {
  const clock = new ManualClock(START)
  const { run, progress } = firstBatch(async () => {
    throw busy
  })
  const life = { launchUntil: START + 20, sealAt: START + 10_000 }
  const ended = runStages({ ...run, clock, attemptsMax: 4, life }, progress)
  await turns()
  void clock.advance(1000)
  await assert.rejects(ended, (error: SluiceError) => {
    assert.equal(error.code, 'E_HANDED_OVER')
    assert.equal((error.cause as SluiceError).code, 'E_BLOB_UNREACHABLE')
    return true
  })
})
