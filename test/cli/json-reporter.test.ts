import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JsonReporter } from '../../lib/cli/json-reporter.ts'
import type { BatchReport, EngineEvent } from '../../lib/model/events.ts'
import { SluiceError } from '../../lib/model/errors.ts'

const report = (batch: number, schedulingDelayMs: number): BatchReport => ({
  type: 'batch',
  batch,
  time: 1000 * batch,
  records: 10,
  schedulingDelayMs,
  processingTimeMs: 1,
  stateKeys: null,
  keysByOperator: {},
  outputs: {},
  failedOutputs: [],
  deadLetters: 0,
})

function reporting(): { readonly reporter: JsonReporter; readonly said: () => Record<string, unknown>[] } {
  const lines: string[] = []
  const reporter = new JsonReporter((line) => void lines.push(line), '1.2.3')
  return { reporter, said: () => lines.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>) }
}

const starting = { type: 'starting', app: 'a', intervalMs: 1000, dir: '.sluice', outputs: [] } as unknown as EngineEvent

test('a run is lines of JSON: its start, each batch, what is printed, and its end with what it came to', () => {
  const { reporter, said } = reporting()
  reporter.event(starting)
  assert.deepEqual(said(), [], 'a run that is not ready has not begun')
  reporter.event({ type: 'ready', committed: 4, tick: 4, zeroTime: 0 })
  const [{ startupMs, ...ready }] = said()
  assert.deepEqual(ready, {
    type: 'ready',
    version: '1.2.3',
    app: 'a',
    intervalMs: 1000,
    dir: '.sluice',
    outputs: [],
    batch: 5,
  })
  assert.ok(Number.isInteger(startupMs))
  reporter.event(report(5, 0))
  reporter.event(report(6, 20))
  assert.deepEqual(said(), [
    { ...report(5, 0), time: '1970-01-01T00:00:05.000Z' },
    { ...report(6, 20), time: '1970-01-01T00:00:06.000Z' },
  ])
  reporter.print('a\nb')
  reporter.stopping({ batches: 2, dueMs: 700 })
  reporter.end(3)
  assert.deepEqual(said(), [
    { type: 'print', text: 'a\nb' },
    { type: 'progress', doing: 'finishing', batch: 8, dueMs: 700 },
    { type: 'result', exitCode: 3, batches: 2, records: 20 },
  ])
})

test('a run that falls behind says so between its batches, with how far', () => {
  const { reporter, said } = reporting()
  reporter.event(starting)
  for (const [i, delayMs] of [1000, 6000, 7000].entries()) reporter.event(report(i + 1, delayMs))
  const facts = said()
  assert.deepEqual(
    facts.map(({ type, doing }) => doing ?? type),
    ['batch', 'batch', 'behind', 'batch'],
  )
  assert.deepEqual([facts[2].type, facts[2].schedulingDelayMs], ['progress', 6000])
  assert.match(String(facts[2].message), /^6 batches behind, growing/)
})

test('any other event is progress, and an error has its code, place and what to do', () => {
  const { reporter, said } = reporting()
  reporter.event({ type: 'ready', committed: 0, tick: 0, zeroTime: 0 })
  reporter.event({ type: 'output-released', level: 'warn', output: 'rows', forMs: 5, message: 'again' })
  reporter.error(
    new SluiceError('E_SINK_REJECTED', 'no', {
      where: { batch: 7, place: 'app.ts:1:1' },
      did: 'nothing',
      next: ['look'],
    }),
  )
  const [, progress, error] = said()
  assert.deepEqual(progress, {
    type: 'progress',
    doing: 'output-released',
    level: 'warn',
    output: 'rows',
    forMs: 5,
    message: 'again',
  })
  assert.deepEqual(error, {
    type: 'error',
    code: 'E_SINK_REJECTED',
    message: 'no',
    where: { batch: 7, place: 'app.ts:1:1' },
    did: 'nothing',
    next: ['look'],
    retry: false,
  })
})
