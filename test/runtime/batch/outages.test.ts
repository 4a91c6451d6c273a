import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { SluiceError } from '../../../lib/model/errors.ts'
import type { HeldApp } from '../../../lib/runtime/batch/held-app.ts'
import { Outages, wasShown } from '../../../lib/runtime/batch/outages.ts'

const away = (retryAfterMs?: number): SluiceError =>
  new SluiceError('E_SINK_UNAVAILABLE', 'away', {
    did: 'nothing was written',
    next: [],
    retry: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })

test('a place that asks for time is left alone for as long, but for no more than an hour', () => {
  const clock = new ManualClock()
  const outages = new Outages(clock, { hold: 'sinks', waitMs: 100, waitMaxMs: 1000, backlogMax: 16 })
  const waits = [undefined, 60_000, 1e9].map((asked) => outages.failed('out', away(asked)).waitMs)
  assert.ok(waits[0] <= 1000)
  assert.deepEqual(waits.slice(1), [60_000, 3_600_000])
  clock.set(3_599_999)
  assert.ok(outages.isAway('out'))
  clock.set(3_600_000)
  assert.ok(outages.isDue('out'))
})

test('waits grow with each failure in a row, are each output’s own, and begin anew once it has recovered', () => {
  const clock = new ManualClock(1000)
  const outages = new Outages(clock, { hold: 'sinks', waitMs: 100, waitMaxMs: 100_000, backlogMax: 16 })
  assert.deepEqual([outages.isDue('a'), outages.isAway('a'), outages.isHeld('a')], [true, false, false])
  assert.deepEqual([outages.lastError('a'), outages.recovered('a')], [null, null])
  const first = away()
  const waits = [first, away(), away(), away()].map((error, i) => {
    clock.set(1000 + i)
    return outages.failed('a', error).waitMs
  })
  assert.ok(waits[3] > waits[0], `${waits}`)
  assert.deepEqual([outages.isDue('a'), outages.isAway('a'), outages.isHeld('a')], [false, true, true])
  assert.deepEqual([outages.isDue('b'), outages.isHeld('b')], [true, false])
  assert.notEqual(outages.lastError('a'), first)
  outages.hurry('a')
  assert.deepEqual([outages.isDue('a'), outages.isAway('a'), outages.isHeld('a')], [true, false, true])
  clock.set(5000)
  assert.deepEqual([outages.recovered('a'), outages.isHeld('a'), outages.lastError('a')], [4000, false, null])
  assert.equal(outages.recovered('a'), null)
  assert.deepEqual(outages.failed('a', first), { waitMs: waits[0], attempts: 1 })
})

test('an output that refuses one batch is not away: others are tried', () => {
  const outages = new Outages(new ManualClock(), { hold: 'sinks', waitMs: 100, waitMaxMs: 1000, backlogMax: 16 })
  outages.failed('a', new SluiceError('E_SINK_VALUE', 'refused', { did: 'nothing was written', next: [] }))
  assert.deepEqual([outages.isDue('a'), outages.isAway('a'), outages.isHeld('a')], [false, false, true])
})

test('what is owed was shown where the sink has taken a batch that the head knows of, and says which', () => {
  const held = { writer: { head: { committed: 5 } } } as HeldApp
  const shown = (code: 'E_SINK_AHEAD' | 'E_SINK_TAKEN', taken?: number): boolean => {
    const where = taken === undefined ? {} : { taken }
    return wasShown(held, { output: 'out', error: new SluiceError(code, 'ahead', { where }) })
  }
  assert.deepEqual([shown('E_SINK_AHEAD', 4), shown('E_SINK_AHEAD', 5), shown('E_SINK_AHEAD', 6)], [true, true, false])
  assert.deepEqual([shown('E_SINK_AHEAD'), shown('E_SINK_TAKEN', 4)], [false, false])
})
