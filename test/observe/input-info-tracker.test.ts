import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InputInfoTracker } from '../../lib/observe/input-info-tracker.ts'

const info = (inputStreamId: number, numRecords: number) => ({ inputStreamId, numRecords, metadata: {} })

test('a stream that is reported again replaces what it said before', () => {
  const tracker = new InputInfoTracker()
  tracker.report(1000, info(0, 0))
  tracker.report(1000, info(1, 7))
  tracker.report(1000, info(0, 5))
  assert.deepEqual(
    [...tracker.infoOf(1000)],
    [
      [0, info(0, 5)],
      [1, info(1, 7)],
    ],
  )
})

test('a cleanup forgets the batches before its time and keeps that one', () => {
  const tracker = new InputInfoTracker()
  for (const time of [1000, 2000, 3000]) tracker.report(time, info(0, time))
  tracker.cleanup(2000)
  assert.deepEqual(
    [1000, 2000, 3000].map((time) => tracker.infoOf(time).get(0)?.numRecords),
    [undefined, 2000, 3000],
  )
})
