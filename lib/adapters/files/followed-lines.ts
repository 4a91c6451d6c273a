import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { SluiceError } from '../../model/errors.ts'

/** A file that is followed, and how far it was read: always up to the end of a line. */
export type Followed = {
  /** Device and inode. */
  readonly id: string
  readonly path: string
  readonly offset: number
  /** Of the last bytes in front of `offset`: whether they are still there. */
  readonly mark: Mark
  /** Batch time since which a file that was rotated away has not grown. */
  readonly quietSince?: number
}

type Mark = {
  readonly bytes: number
  readonly crc: number
}

interface LineEnd {
  readonly end: number
  /** As far as they were counted. */
  readonly lines: number
}

const PIECE = 1 << 16
const MARK_BYTES_MAX = 256
const NEWLINE = 10

/** Behind the last end of a line up to `most`; where a line is longer than that, behind its end. */
export function lineEnd(file: Followed, most: number, size: number): LineEnd {
  const last = lastLineEnd(file, file.offset, most)
  if (last > file.offset || most === size || most === file.offset) return { end: last, lines: 0 }
  const { end } = lineEndAfter({ ...file, offset: most }, size, 1)
  return { end: end > most ? end : file.offset, lines: 0 }
}

export function lastLineEnd(file: Named, from: number, to: number): number {
  return withFile(file, (read) => {
    for (let end = to; end > from;) {
      const start = Math.max(from, end - PIECE)
      const at = read(start, end - start).lastIndexOf(NEWLINE)
      if (at >= 0) return start + at + 1
      end = start
    }
    return from
  })
}

/** Behind the end of so many lines, or of as many as there are up to `most`. */
export function lineEndAfter(file: Followed, most: number, lines: number): LineEnd {
  return withFile(file, (read) => {
    let [end, count] = [file.offset, 0]
    for (let start = file.offset; start < most && count < lines; start += PIECE) {
      const bytes = read(start, Math.min(PIECE, most - start))
      for (let at = bytes.indexOf(NEWLINE); at >= 0 && count < lines; at = bytes.indexOf(NEWLINE, at + 1)) {
        end = start + at + 1
        count++
      }
    }
    return { end, lines: count }
  })
}

export function markBefore(file: Named, offset: number): Mark {
  const bytes = Math.min(MARK_BYTES_MAX, offset)
  return { bytes, crc: bytes === 0 ? 0 : withFile(file, (read) => crc32(read(offset - bytes, bytes))) }
}

export const isThere = (file: Followed): boolean => {
  const { offset, mark } = file
  return mark.bytes === 0 || withFile(file, (read) => crc32(read(offset - mark.bytes, mark.bytes))) === mark.crc
}

type Named = Pick<Followed, 'id' | 'path'>
type Read = (from: number, count: number) => Buffer

/** Opens the file that was found, or none: the name may lead to another one by now. */
function withFile<R>({ id, path }: Named, use: (read: Read) => R): R {
  const descriptor = openSync(path, 'r')
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true })
    if (`${dev}:${ino}` !== id) throw movedMeanwhile(path)
    return use((from, count) => {
      const bytes = Buffer.allocUnsafe(count)
      return bytes.subarray(0, readSync(descriptor, bytes, 0, count, from))
    })
  } finally {
    closeSync(descriptor)
  }
}

const movedMeanwhile = (path: string): SluiceError =>
  new SluiceError('E_FILE_CHANGED', `${path} became another file while it was looked at.`, {
    where: { detail: path },
    did: 'the batch was not completed and is tried again',
    retry: true,
  })
