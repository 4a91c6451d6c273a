import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Behind } from '../../lib/cli/behind.ts'

/** After which of these delays, in intervals, something is said. */
function said(...delays: number[]): (string | null)[] {
  const behind = new Behind(1000)
  return delays.map((delay) => behind.take(delay * 1000)?.split(/[,:]/)[0] ?? null)
}

test('a run that falls behind says so when it grows, and again when that has doubled', () =>
  assert.deepEqual(said(0, 2, 4, 6, 8, 11, 12, 13), [
    null,
    null,
    null,
    '6 batches behind',
    null,
    null,
    '12 batches behind',
    null,
  ]))

test('what a break left behind and is made up for is not said; that it grows is', () => {
  assert.deepEqual(said(50, 40, 30, 4, 0), [null, null, null, null, null])
  assert.deepEqual(said(50, 52, 4), [null, '52 batches behind', 'no longer behind'])
})

test('a few intervals are nothing to speak of', () =>
  assert.deepEqual(said(1, 4, 0, 4, 1), [null, null, null, null, null]))

test('what is said names what to do', () => {
  const behind = new Behind(500)
  behind.take(0)
  assert.match(behind.take(10_000)!, /^20 batches behind, growing: .* 500 ms\. A longer interval, --workers/)
})
