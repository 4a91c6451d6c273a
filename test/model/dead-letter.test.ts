import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordName } from '../../lib/model/dead-letter.ts'

test('a record is called by its line in a file, by its split, or by its number where the split is its records', () => {
  const file = JSON.stringify({ path: '/in/a.txt' })
  assert.equal(recordName('lines', file, 4, true), 'line 5 of /in/a.txt')
  assert.equal(recordName('lines', file, 4), 'record 4 of lines, /in/a.txt')
  assert.equal(recordName('orders', '{"partition":3,"from":10}', 4), 'record 4 of orders, {"partition":3,"from":10}')
  const queued = JSON.stringify({ data: Buffer.from('the records of the queue').toString('base64') })
  assert.equal(recordName('queue-stream', queued, 4), 'record 4 of queue-stream')
  const part = JSON.stringify({ path: '/in/a.txt', start: 100 })
  assert.equal(recordName('lines', part, 4, true), 'line 5 behind byte 100 of /in/a.txt')
  assert.equal(recordName('lines', part, 4), 'record 4 of lines, /in/a.txt from byte 100')
  const long = JSON.stringify({ ids: 'x'.repeat(1000) })
  assert.ok(recordName('orders', long, 4).length < 300)
})
