import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** Bytes `[from, to)` of a file: one frame of zstd. */
interface Frame {
  readonly from: number
  readonly to: number
}

/**
 * The frames of a zstd file (RFC 8878), which together are its content. The decoder of the platform ends with the first
 * one and says nothing of the others. A frame that is cut short ends with the file; what is no frame is one that the
 * decoder refuses.
 */
export function framesOf(path: string): Frame[] {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const frames: Frame[] = []
    for (let from = 0; from < size;) {
      const to = Math.min(size, endOfFrame(from, bytesAt(file)))
      if (!isSkippable(bytesAt(file)(from, 4))) frames.push({ from, to })
      from = to
    }
    return frames
  } finally {
    closeSync(file)
  }
}

type BytesAt = (at: number, count: number) => Buffer

/** Zeros behind the end of the file. */
const bytesAt =
  (file: number): BytesAt =>
  (at, count) => {
    const bytes = Buffer.alloc(count)
    readSync(file, bytes, 0, count, at)
    return bytes
  }

const MAGIC = 0xfd2fb528
const isSkippable = (head: Buffer): boolean => head.readUInt32LE() >>> 4 === 0x184d2a5

function endOfFrame(from: number, bytes: BytesAt): number {
  const head = bytes(from, 8)
  if (isSkippable(head)) return from + 8 + head.readUInt32LE(4)
  if (head.readUInt32LE() !== MAGIC) return Infinity
  const descriptor = head[4]
  const isSingle = (descriptor >> 5) & 1
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]
  const sizeBytes = [isSingle, 2, 4, 8][descriptor >> 6]
  const checksumBytes = (descriptor & 4) === 0 ? 0 : 4
  for (let at = from + 5 + (1 - isSingle) + dictionaryBytes + sizeBytes; ;) {
    const block = bytes(at, 3).readUIntLE(0, 3)
    const isRepeated = ((block >> 1) & 3) === 1
    at += 3 + (isRepeated ? 1 : block >> 3)
    if ((block & 1) === 1) return at + checksumBytes
    // Behind the end of the file there are blocks of nothing.
    if (block === 0) return Infinity
  }
}
