import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unpacked } from '../../../../lib/adapters/aws/kinesis/aggregated.ts'
import type { StoredRecord } from '../../../../lib/adapters/aws/kinesis/kinesis-record.ts'
import { withSeeds } from '../../../support/dice.ts'
import { packedBytes } from './packed-bytes.ts'

const stored = (data: Uint8Array): StoredRecord => ({
  data,
  partitionKey: 'outer',
  sequenceNumber: '7',
  approximateArrivalTimestamp: 5,
  shard: 's',
})

const seen = (data: Uint8Array) =>
  unpacked(stored(data)).map(({ partitionKey, subSequenceNumber, data: each }) => [
    partitionKey,
    subSequenceNumber,
    Buffer.from(each).toString(),
  ])

test('B31: records that a producer packed into one are records of their own, in order', () => {
  const packed = packedBytes([
    ['a', 'one'],
    ['b', ''],
    ['a', 'three'],
  ])
  assert.deepEqual(seen(packed), [
    ['a', 0, 'one'],
    ['b', 1, ''],
    ['a', 2, 'three'],
  ])
})

test('B31: what another library has packed is read as that library reads it', () => {
  // Of `aws-kinesis-agg` 4.2.8, whose own reader gives these records; the second one has an explicit hash key.
  const packed = Buffer.from(
    '84mawgoBYQoBYgoBYxIJMTIzNDU2Nzg5GgcIABoDb25lGgkIARAAGgN0d28aCwgAGgdkcmVpIMO8GpsBCAIalgF4eHh4eHh4eHh4' +
      'eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4' +
      'eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHjcr8GJeKKKM8Vi' +
      'X7VWcpIt',
    'base64',
  )
  assert.deepEqual(seen(packed), [
    ['a', 0, 'one'],
    ['b', 1, 'two'],
    ['a', 2, 'drei ü'],
    ['c', 3, 'x'.repeat(150)],
  ])
})

test('B31: a package whose sum is wrong, or which was cut short, is one record, as it came', (t) =>
  withSeeds(t, 50, async (dice) => {
    const whole = packedBytes(
      Array.from({ length: dice.between(1, 5) }, (_, i): [string, string] => [
        `k${i % 2}`,
        'x'.repeat(dice.below(300)),
      ]),
    )
    const damaged = Buffer.from(whole)
    if (dice.below(2) === 0) damaged[dice.between(0, damaged.length - 1)] ^= 1 << dice.below(8)
    const bytes = damaged.equals(whole) ? whole.subarray(0, dice.below(whole.length)) : damaged
    assert.deepEqual(seen(bytes), [['outer', 0, Buffer.from(bytes).toString()]])
  }))

test('bytes that only begin like a package are one record', () => {
  const bytes = Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), Buffer.from('not a package, but long enough')])
  assert.deepEqual(seen(bytes), [['outer', 0, bytes.toString()]])
})
