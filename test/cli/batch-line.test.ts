import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BatchReport } from '../../lib/model/events.ts'
import { batchHeading, batchLine, batchNotes, emptyLine, shortNames } from '../../lib/cli/batch-line.ts'
import { clockTime } from '../../lib/cli/units.ts'

const time = Date.UTC(2026, 10, 21, 9, 42, 22)
const facts: BatchReport = {
  type: 'batch',
  batch: 41,
  time,
  records: 9204,
  schedulingDelayMs: 2,
  processingTimeMs: 3410,
  stateKeys: 4112,
  keysByOperator: { 'clicks/count': 4112 },
  outputs: { 'clicks/count/pages': 44 },
  failedOutputs: [],
  deadLetters: 0,
}
const names = new Map([['clicks/count/pages', 'pages']])
const masked = (line: string): string => line.replace(clockTime(time), '09:42:22')

test('numbers end under their headings; outputs and notes come behind', () => {
  assert.equal(batchHeading, '  batch   time      records    delay     took      state       outputs')
  assert.equal(
    masked(batchLine(facts, names, ['1 dead letter'])),
    '  #41     09:42:22    9,204     2 ms   3.41 s   4,112 keys     pages 44     1 dead letter',
  )
  assert.equal(
    masked(batchLine({ ...facts, stateKeys: null, processingTimeMs: null, outputs: {} }, names, [])),
    '  #41     09:42:22    9,204     2 ms        –',
  )
  assert.equal(masked(emptyLine(time, 14)), '  …       09:42:22        0     14 empty batches')
})

test('where several operators keep state, the line says how many keys each has', () => {
  const keysByOperator = { 'clicks/a/count': 12, 'clicks/visits': 4100 }
  assert.equal(
    masked(batchLine({ ...facts, keysByOperator }, names, [])),
    '  #41     09:42:22    9,204     2 ms   3.41 s   4,112 keys     pages 44     keys: count 12, visits 4,100',
  )
})

test('notes say that the batch took longer than its interval, was tried again, or could not be shown', () => {
  assert.deepEqual(batchNotes(facts, 2000, [], names), ['! 1.41 s over the 2 s interval; #42 starts late'])
  assert.deepEqual(batchNotes(facts, 4000, ['E_USER_CODE'], names), ['↻ retried once: E_USER_CODE'])
  assert.deepEqual(batchNotes({ ...facts, failedOutputs: ['clicks/count/pages'] }, 4000, [], names), ['✕ pages failed'])
})

test('notes say what a source has left for later batches, and which one where there are several', () => {
  const at = { records: 10, committed: {}, newest: null, lagRecords: null, lagMs: null }
  const noted = (sources: NonNullable<BatchReport['sources']>): string[] =>
    batchNotes({ ...facts, sources }, 4000, [], names)
  assert.deepEqual(noted({ clicks: { ...at, lagRecords: 1204 } }), ['1,204 records behind'])
  assert.deepEqual(noted({ clicks: { ...at, lagRecords: 0, lagMs: 0 }, views: { ...at, lagMs: 3200 } }), [
    'views 3.20 s behind',
  ])
  assert.deepEqual(noted({ clicks: at }), [])
})

test('outputs are called by the shortest end of their uid that no other shares', () => {
  assert.deepEqual([...shortNames(['a/print', 'a/count/foreachRDD']).values()], ['print', 'foreachRDD'])
  assert.deepEqual([...shortNames(['a/print', 'a/count/print', 'print']).values()], ['a/print', 'count/print', 'print'])
})
