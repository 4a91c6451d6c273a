import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, counted, duration, span } from '../../lib/cli/units.ts'

test('durations change their unit where the next one reads better', () => {
  const cases: [number | null, string][] = [
    [0, '0 ms'],
    [4, '4 ms'],
    [99, '99 ms'],
    [100, '0.10 s'],
    [310, '0.31 s'],
    [9_990, '9.99 s'],
    [9_999, '10.0 s'],
    [16_100, '16.1 s'],
    [59_949, '59.9 s'],
    [59_960, '1 m 00 s'],
    [192_000, '3 m 12 s'],
    [3_599_600, '1 h 00 m'],
    [7_500_000, '2 h 05 m'],
    [null, '–'],
    [Number.NaN, '–'],
  ]
  for (const [ms, text] of cases) assert.equal(duration(ms), text, String(ms))
})

test('counts have commas, and words for one and many', () => {
  assert.deepEqual([count(7), count(1204), count(1234567)], ['7', '1,204', '1,234,567'])
  assert.deepEqual(
    [counted(1, 'batch', 'batches'), counted(14, 'batch', 'batches'), counted(0, 'key')],
    ['1 batch', '14 batches', '0 keys'],
  )
})

test('an interval is shown in the largest unit it is whole in', () => {
  assert.deepEqual(
    [span(500), span(2000), span(2500), span(60_000), span(300_000)],
    ['500 ms', '2 s', '2500 ms', '1 minute', '5 minutes'],
  )
})
