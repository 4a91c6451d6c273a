import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { isUnpackError, MAGIC_BYTES, packingOf } from '../../codec/packing.ts'
import { firstInvalid, isUtf16Mark } from '../../codec/utf8.ts'
import { wholeFrames } from '../../codec/zstd-frames.ts'
import { SluiceError } from '../../model/errors.ts'

/** Whether a file is packed, by its first bytes. */
export function isPacked(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const head = new Uint8Array(MAGIC_BYTES)
    return packingOf(head.subarray(0, readSync(file, head))) !== null
  } finally {
    closeSync(file)
  }
}

/**
 * What a file holds, unpacked; several members of gzip or frames of zstd are one content. Throws `E_FILE_CORRUPT`, and
 * `E_FILE_FORMAT` for bzip2, which nothing here unpacks without waiting.
 */
export function fileBytes(path: string): Buffer {
  const bytes = readFileSync(path)
  const packing = packingOf(bytes)
  try {
    if (packing === 'gzip') return gunzipSync(bytes)
    if (packing === 'zstd') return Buffer.concat(wholeFrames(bytes).map((frame) => zstdDecompressSync(frame)))
  } catch (error) {
    if (isUnpackError(error)) throw corrupt(path, error)
    throw error
  }
  if (packing === null) return bytes
  throw new SluiceError('E_FILE_FORMAT', `${path} is a bzip2 file, which streams unpack and sc.textFile does not.`, {
    where: { detail: path },
    did: 'nothing of it was read',
    next: [`bunzip2 --keep ${path}`, 'or read it with ssc.textFileStream'],
  })
}

/** The text of bytes that begin at `offset` of a file. Throws `E_DECODE_UTF8`. */
export function textIn(bytes: Buffer, path: string, offset: number): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  const at = offset + firstInvalid(bytes)
  const isUtf16 = at === 0 && isUtf16Mark(bytes)
  throw new SluiceError('E_DECODE_UTF8', `${path} is ${isUtf16 ? 'UTF-16' : `not UTF-8 at byte ${at}`}.`, {
    where: { offset: at, detail: path },
    did: 'nothing of it was used',
    next: [
      `iconv -f ${isUtf16 ? 'UTF-16' : 'LATIN1'} -t UTF-8 < ${path} > <new file>`,
      "or read it with sc.binaryFiles, and decode it: new TextDecoder('latin1')",
    ],
  })
}

const corrupt = (path: string, cause: Error): SluiceError =>
  new SluiceError('E_FILE_CORRUPT', `${path} cannot be unpacked: ${cause.message}.`, {
    where: { detail: path },
    did: 'nothing of it was used',
    next: ['put a complete file in its place, with the same name', 'move files in only when they are complete'],
    cause,
  })
