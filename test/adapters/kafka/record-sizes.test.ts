import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FetchedPartition } from '../../../lib/adapters/kafka/committed-records.ts'
import { RecordSizes } from '../../../lib/adapters/kafka/record-sizes.ts'

/** An answer with batches of so many offsets and bytes. */
const answer = (...batches: readonly (readonly [offsets: number, bytes: number])[]): FetchedPartition => {
  let next = 0n
  const records = batches.map(([offsets, length]) => {
    const firstOffset = next
    next += BigInt(offsets)
    const nobody = { attributes: 0, producerId: -1n, firstTimestamp: 0n, maxTimestamp: 0n, records: [] }
    return { ...nobody, firstOffset, lastOffsetDelta: offsets - 1, length }
  })
  return { records }
}

test('a range has as many bytes as the records of its topic that were read last', () => {
  const sizes = new RecordSizes()
  const range = { topic: 't', partition: 3, from: 10, until: 20 }
  assert.equal(sizes.bytesOf(range), undefined)
  sizes.saw('t', answer([4, 300], [1, 200]))
  assert.equal(sizes.bytesOf(range), 1000)
  sizes.saw('t', answer())
  assert.equal(sizes.bytesOf(range), 1000)
  sizes.saw('t', answer([100, 250]))
  assert.equal(sizes.bytesOf(range), 25)
  assert.equal(sizes.bytesOf({ ...range, topic: 'other' }), undefined)
})
