import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toldBy } from '../../../../lib/adapters/aws/s3/s3-events.ts'

const record = (key: string, more: object = {}): object => ({
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  eventName: 'ObjectCreated:Put',
  eventTime: '2026-11-28T10:00:00.000Z',
  s3: { bucket: { name: 'b' }, object: { key, size: 5, eTag: 'abc', sequencer: '0055AED6DCD90281E5' } },
  ...more,
})
const message = (...records: object[]): string => JSON.stringify({ Records: records })
const written = (key: string): object => ({
  bucket: 'b',
  key,
  size: 5,
  etag: '"abc"',
  time: Date.UTC(2026, 10, 28, 10),
  sequencer: '0055AED6DCD90281E5',
})

test('B34: keys of events are decoded once: a plus sign is a space, and what looks encoded then is the key', () => {
  for (const [encoded, key] of [
    ['in/a+b', 'in/a b'],
    ['in/a%20b', 'in/a b'],
    ['in/a%2Bb%2520', 'in/a+b%20'],
    ['in/%C3%BCber/..%2Fx', 'in/über/../x'],
    ['in/new%0Aline', 'in/new\nline'],
  ]) {
    const told = toldBy(message(record(encoded)))
    assert.deepEqual(told, {
      kind: 'objects',
      about: [{ bucket: 'b', key, written: written(key) }],
      written: [written(key)],
    })
  }
})

test('an event says the same by itself, by way of SNS, and from EventBridge, which does not encode keys', () => {
  const plain = toldBy(message(record('in/a%2Bb')))
  assert.deepEqual(toldBy(JSON.stringify({ Type: 'Notification', Message: message(record('in/a%2Bb')) })), plain)
  const bridged = {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    time: '2026-11-28T10:00:00Z',
    detail: { bucket: { name: 'b' }, object: { key: 'in/a+b', size: 5, etag: 'abc', sequencer: '0055AED6DCD90281E5' } },
  }
  assert.deepEqual(toldBy(JSON.stringify(bridged)), plain)
})

test('an object that was deleted or tagged is spoken of, and not written', () => {
  for (const eventName of ['ObjectRemoved:Delete', 'ObjectTagging:Put', 's3:Replication:x']) {
    const told = toldBy(message(record('in/a', { eventName })))
    assert.deepEqual(told, { kind: 'objects', about: [{ bucket: 'b', key: 'in/a', written: null }], written: [] })
  }
})

test('what S3 writes when a queue is set up is known; everything else is foreign, whatever it looks like', () => {
  assert.deepEqual(toldBy(JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' })), {
    kind: 'test',
    bucket: 'b',
  })
  for (const body of [
    '',
    'hello',
    'null',
    '[]',
    '{}',
    '{"Records":[]}',
    '{"Records":[null]}',
    message(record('a', { eventSource: 'aws:kinesis' })),
    message(record('a'), { eventSource: 'aws:sqs' }),
    message(record('%E0%A4%A')),
    message(record('a', { s3: { bucket: {}, object: {} } })),
    message(record('a', { s3: { bucket: { name: 'b' }, object: { key: 'a' } } })),
    '{"Type":"Notification","Message":"x"}',
    '{"source":"aws.s3"}',
  ])
    assert.deepEqual(toldBy(body), { kind: 'foreign' }, body)
})
