import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SluiceError } from '../../../lib/model/errors.ts'
import { waitMsFor } from '../../../lib/runtime/coordinator/patience.ts'

const away = (retry: boolean): SluiceError => new SluiceError('E_SINK_UNAVAILABLE', 'away', { retry })

/** After how many failures in a row the error is said. */
function patienceOf(attemptsMax: number, hasRun: boolean, error: unknown = away(true)): number {
  const patience = { firstMs: 1, mostMs: 10, attemptsMax }
  let failures = 1
  while (waitMsFor(error, { app: 'a', failures, hasRun }, patience) !== null) failures++
  return failures
}

test('an outage is waited for as often as is set, three times at most before the first batch', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 20].map((attemptsMax) => [patienceOf(attemptsMax, true), patienceOf(attemptsMax, false)]),
    [
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 3],
      [20, 3],
    ],
  )
})

test('what no later try can mend is said at once, wherever it comes from', () => {
  for (const error of [away(false), new SluiceError('E_USER_CODE', 'thrown', { retry: true }), new Error('away')])
    assert.equal(patienceOf(20, true, error), 1)
})
