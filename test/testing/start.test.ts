import assert from 'node:assert/strict'
import { test } from 'node:test'
import { app, seconds } from '../../lib/index.ts'
import { testApp } from '../../lib/testing/index.ts'
import { batchSource } from '../support/run.ts'
import { assertRefusal, thrownBy } from '../support/secret.ts'

const program = app('dates', seconds(1), (ssc) => ssc.source('numbers', batchSource([], 1)).print())

test('B13: a text that does not say which zone it means, or is no time, is E_DATE before anything starts', async () => {
  for (const start of [
    '2026-01-01',
    '2026-01-01T00:00',
    '2026-01-01T00:00:00',
    'Jan 1, 2026',
    '1/2/2026',
    '2026',
    '',
    '2026-13-01T00:00:00Z',
    '2026-01-01T25:00:00Z',
    '2026-01-01T00:00:00+1',
  ]) {
    const error = assertRefusal(
      await thrownBy(() => testApp(program, { start })),
      'E_DATE',
      /^The start of the test is ".*", which is not a point in time/,
    )
    assert.equal(error.did, 'nothing was started')
  }
  for (const start of [NaN, Infinity, new Date(NaN)])
    assertRefusal(await thrownBy(() => testApp(program, { start })), 'E_DATE')
})

test('B13: a text with its zone, a Date and a number mean the same wherever the test runs', async () => {
  const expected = Date.UTC(2026, 0, 1)
  for (const start of [
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00Z',
    '2026-01-01T01:00:00.000+01:00',
    '2025-12-31T19:00:00-05:00',
    new Date(expected),
    expected,
  ]) {
    await using t = await testApp(program, { start })
    assert.equal(t.now(), expected)
  }
})
