import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../lib/model/errors.ts'
import { checkFileLength, checkRecordLength, FixedRecords } from '../../lib/source/fixed-records.ts'

const bytes = Uint8Array.from({ length: 12 }, (_, i) => i)
const expected = [0, 4, 8].map((at) => bytes.slice(at, at + 4))

test('however the bytes come, records are cut at their length, also when the memory of a piece is used again', () => {
  for (const length of [1, 3, 4, 5, 12]) {
    const records = new FixedRecords(4)
    const memory = new Uint8Array(length)
    const found: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += length) {
      const piece = bytes.subarray(at, at + length)
      memory.set(piece)
      found.push(...records.push(memory.subarray(0, piece.length)))
      memory.fill(0xff)
    }
    assert.deepEqual(found, expected, `in pieces of ${length}`)
  }
})

test('a length that is none, and a file that does not hold a whole number of records, are refused', () => {
  for (const length of [0, -1, 1.5, NaN]) assert.throws(() => checkRecordLength(length), isLength)
  checkRecordLength(1)
  checkFileLength({ path: 'f', start: 0, end: 12, size: 12 }, 4)
  assert.throws(() => checkFileLength({ path: 'f', start: 0, end: 13, size: 13 }, 4), isLength)
})

const isLength = (error: unknown): boolean => hasCode(error, 'E_RECORD_LENGTH')
