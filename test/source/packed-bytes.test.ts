import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { hasCode } from '../../lib/model/errors.ts'
import { packingOf } from '../../lib/codec/packing.ts'
import { inflated } from '../../lib/source/packed-bytes.ts'

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function unpacked(bytes: Uint8Array, length: number): Promise<Buffer> {
  const packing = packingOf(bytes)!
  return Buffer.concat(await Array.fromAsync(inflated({ path: 'p', packing }, inPieces(bytes, length), {})))
}

const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }
const skipped = (length: number): Buffer =>
  Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, length, 0, 0, 0]), Buffer.alloc(length, 0xfd)])
const contents = [
  Buffer.from('one'),
  Buffer.alloc(0),
  Buffer.alloc(400_000, 'many blocks of the same '),
  Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i * 31) % 253)),
]

test('however its bytes arrive, a file of frames and members is the content of all of them', async () => {
  const zstd = Buffer.concat([
    zstdCompressSync(contents[0]),
    skipped(0),
    zstdCompressSync(contents[1], checked),
    zstdCompressSync(contents[2], checked),
    skipped(200),
    skipped(9),
    zstdCompressSync(contents[3]),
    skipped(3),
  ])
  const gzip = Buffer.concat(contents.map((each) => gzipSync(each)))
  const all = Buffer.concat(contents)
  for (const bytes of [zstd, gzip])
    for (const length of [1, 2, 7, 1000, bytes.length])
      assert.ok((await unpacked(bytes, length)).equals(all), `in pieces of ${length}`)
})

test('a frame that is cut short, or followed by something else, is an error wherever the bytes are cut', async () => {
  const one = zstdCompressSync(Buffer.from('content '.repeat(100)), checked)
  const bad = [one.subarray(0, -1), one.subarray(0, 6), Buffer.concat([one, Buffer.from('xy')])]
  for (const bytes of [...bad, Buffer.concat([one, Buffer.from('something else')])])
    for (const length of [1, 5, bytes.length])
      await assert.rejects(unpacked(bytes, length), (error) => hasCode(error, 'E_FILE_CORRUPT'))
})
