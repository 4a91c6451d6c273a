import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader, ByteWriter } from '../../lib/codec/bytes.ts'

const readerOf = (write: (w: ByteWriter) => void): ByteReader => {
  const w = new ByteWriter(1)
  write(w)
  return new ByteReader(w.copy(), 'the blob')
}

test('whole numbers up to 2^53 - 1 come back and take seven bits a byte', () => {
  for (let bits = 0; bits <= 53; bits++) {
    for (const value of [2 ** bits - 1, Math.min(2 ** bits, Number.MAX_SAFE_INTEGER)]) {
      const r = readerOf((w) => w.varint(value))
      assert.ok(r.remaining <= Math.ceil((bits + 1) / 7))
      assert.equal(r.varint(), value)
      assert.equal(r.remaining, 0)
    }
  }
})

test('a reader over part of a larger buffer sees its part only', () => {
  const r = new ByteReader(new Uint8Array([9, 9, 1, 0, 0, 0, 9, 9]).subarray(2, 6), 'the blob')
  assert.equal(r.u32(), 1)
  assert.throws(() => r.u8(), { code: 'E_BLOB_TRUNCATED' })
})

test('B45: reading behind the end is E_BLOB_TRUNCATED, for every kind of read', () => {
  const reads: ((r: ByteReader) => unknown)[] = [
    (r) => r.u8(),
    (r) => r.u32(),
    (r) => r.i32(),
    (r) => r.f64(),
    (r) => r.varint(),
    (r) => r.raw(1),
    (r) => r.latin1(1),
    (r) => r.utf8(),
    (r) => r.ucs2(1),
  ]
  for (const read of reads)
    assert.throws(() => read(new ByteReader(new Uint8Array(0), 'the blob')), {
      code: 'E_BLOB_TRUNCATED',
      message: /^the blob ends early/,
    })
})

test('B45: a length that lies is found before anything of that length is allocated', () => {
  for (const read of [
    (r: ByteReader) => r.utf8(),
    (r: ByteReader) => r.ucs2(r.varint()),
    (r: ByteReader) => r.count(),
    (r: ByteReader) => r.raw(r.varint()),
  ]) {
    assert.throws(() => read(readerOf((w) => w.varint(2 ** 52))), { code: 'E_BLOB_TRUNCATED' })
  }
})

test('B45: a number without an end, or above 2^53, is E_BLOB_CORRUPT', () => {
  const r = (bytes: number[]): ByteReader => new ByteReader(new Uint8Array(bytes), 'the blob')
  assert.throws(() => r(new Array(20).fill(255)).varint(), { code: 'E_BLOB_CORRUPT' })
  assert.throws(() => r([255, 255, 255, 255, 255, 255, 255, 127]).varint(), { code: 'E_BLOB_CORRUPT' })
})
