import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureOf, plannedHere } from '../../../lib/hosts/lambda/coordinator.ts'
import { SluiceError } from '../../../lib/model/errors.ts'

test('a batch that is handed over has not failed, one whose tasks fail has, whoever tries them again', () => {
  const task = new SluiceError('E_USER_CODE', 'no')
  const given: [unknown, unknown][] = [
    [new SluiceError('E_HANDED_OVER', 'it is longer', { retry: true }), undefined],
    [new SluiceError('E_HANDED_OVER', 'it is longer', { retry: true, cause: task }), task],
    [task, task],
  ]
  for (const [error, failure] of given) assert.equal(failureOf(error), failure)
})

test('a batch whose plan was found open was planned before the event that has woken its coordinator', () => {
  const counts = [plannedHere(2, false), plannedHere(2, true), plannedHere(1, true), plannedHere(0, true)]
  assert.deepEqual(counts, [2, 1, 0, 0])
})
