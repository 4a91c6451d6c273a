import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pacingOf } from '../../../lib/hosts/lambda/pacing.ts'
import { awsSettings, outputFunction, taskFunction } from '../../../lib/hosts/lambda/settings.ts'

test('what wakes a coordinator follows from the interval, from whether there is a queue, and from the trigger', () => {
  const rows = [
    [60_000, 'queue', 'schedule'],
    [60_000, null, 'schedule'],
    [59_999, 'queue', 'queue'],
    [59_999, null, 'stay'],
    [5000, 'queue', 'queue'],
    [4999, 'queue', 'stay'],
  ] as const
  for (const [intervalMs, tickQueue, pacing] of rows)
    assert.equal(pacingOf({ intervalMs, conf: {} }, { tickQueue }), pacing, `${intervalMs} ${tickQueue}`)
  const conf = { 'sluice.trigger': 'events' }
  assert.equal(pacingOf({ intervalMs: 60_000, conf }, { tickQueue: null }), 'events')
})

test('functions read where everything is from their environment, and say which variable is missing', () => {
  const settings = awsSettings({ SLUICE_BUCKET: 'b' })
  assert.deepEqual([settings.table, settings.bucket, settings.tickQueue], [null, 'b', null])
  const all = { SLUICE_BUCKET: 'b', SLUICE_TABLE: 't', SLUICE_TASK_FUNCTION: 'task', SLUICE_OUTPUT_FUNCTION: 'out' }
  const full = awsSettings({ ...all, SLUICE_TICK_QUEUE: '', SLUICE_SLOTS: '7' })
  assert.deepEqual(full, { table: 't', bucket: 'b', task: 'task', output: 'out', tickQueue: null, slots: 7 })
  assert.deepEqual([taskFunction(full), outputFunction(full)], ['task', 'out'])
  const refused = (name: string, how: RegExp) => ({ code: 'E_AWS_SETTING', message: how, where: { detail: name } })
  assert.throws(() => awsSettings({}), refused('SLUICE_BUCKET', /SLUICE_BUCKET is not set\.$/))
  assert.throws(() => taskFunction(settings), refused('SLUICE_TASK_FUNCTION', /is not set\.$/))
  assert.throws(() => outputFunction(settings), refused('SLUICE_OUTPUT_FUNCTION', /is not set\.$/))
  assert.throws(() => awsSettings({ ...all, SLUICE_TABLE: ' ' }), refused('SLUICE_TABLE', /is set but blank/))
  assert.throws(() => awsSettings({ ...all, SLUICE_TABLE: 't ' }), refused('SLUICE_TABLE', /white space/))
  assert.throws(() => awsSettings({ ...all, SLUICE_SLOTS: 'x' }), refused('SLUICE_SLOTS', /is x, which is not /))
})
