import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { SluiceError } from '../../../lib/model/errors.ts'
import { Outages } from '../../../lib/runtime/batch/outages.ts'

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
