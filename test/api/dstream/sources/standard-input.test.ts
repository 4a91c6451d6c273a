import assert from 'node:assert/strict'
import { test } from 'node:test'
import { app, seconds, type SluiceError } from '../../../../lib/index.ts'

test('standard input is read by one stream: a second one is refused where it is written', () => {
  const twice = app('twice', seconds(1), (ssc) => {
    ssc.stdinStream().print()
    ssc.stdinStream().print()
  })
  assert.throws(
    () => twice.build(),
    (error: SluiceError) => error.code === 'E_GRAPH' && /standard-input\.test\.ts:8:/.test(error.where.place!),
  )
})
