import { createReadStream, statSync } from 'node:fs'
import { hasCode } from '../../model/errors.ts'
import { underPolicy } from '../../source/decode-policy.ts'
import type { FileSplit } from '../../source/file-splits.ts'
import { LINE_BYTES_MAX, LineBuffer, linesIn, type LineOptions, lineTooLong } from '../../source/line-buffer.ts'
import { MAGIC_BYTES, type Packing, packingOf } from '../../codec/packing.ts'
import { inflated, type InflateLimits, isCutShort } from '../../source/packed-bytes.ts'
import type { TextFileOptions } from '../../source/source-factories.ts'
import type { SourceIo } from '../../source/source.ts'
import { changesUntil, growing, isFresh, OpenFile } from './open-file.ts'

const PIECE_BYTES = 1 << 20

/**
 * The lines that begin in a split, some hundred kilobytes at a time. Never holds more than a piece and a line. A packed
 * file, known by its first bytes whatever its name, is unpacked, and all of it belongs to its first split. Throws
 * `E_FILE_GROWING` for a file that somebody writes still.
 */
export function linesOf(
  split: FileSplit,
  options: TextFileOptions,
  io: Pick<SourceIo, 'clock' | 'undecoded' | 'postpones'>,
): Iterable<readonly string[]> | AsyncIterable<readonly string[]> {
  const file = new OpenFile(split, io)
  const packing = packingOf(file.head(MAGIC_BYTES))
  const isUnfinished = packing === null && options.encoding !== 'latin1' && file.endsWithinCharacter(split.size)
  file.close()
  if (isUnfinished && io.postpones && isFresh(split.path, io.clock.now())) throw growing(split.path)
  if (packing && split.start > 0) return []
  return underPolicy({
    policy: options.onDecodeError ?? 'fail',
    path: split.path,
    isPacked: packing !== null,
    report: (found) => io.undecoded?.(found),
    read: (more) =>
      packing
        ? unpackedLines(split, packing, { ...options, ...more }, io)
        : plainLines(new OpenFile(split, io), split, { ...options, ...more }),
  })
}

/** The lines that begin in a split of a file that is not packed. Closes the file. */
export function* plainLines(
  file: OpenFile,
  { path, start, end, size }: FileSplit,
  options: LineOptions,
): Generator<string[]> {
  try {
    const maxLineBytes = options.maxLineBytes ?? LINE_BYTES_MAX
    const limit = options.onBad ? Infinity : maxLineBytes
    let at = start === 0 ? 0 : nextLine(file, start, size, limit)
    const stop = start === end ? at : end >= size ? size : nextLine(file, end, size, limit)
    const buffer = new LineBuffer(path, options, {
      offset: at,
      capacity: Math.max(1, Math.min(PIECE_BYTES, stop - at)),
    })
    while (at < stop) {
      const count = file.read(buffer.free(), at, stop - at)
      at += count
      const lines = buffer.filled(count)
      if (lines.length > 0) yield lines
    }
    const last = buffer.end()
    if (last.length > 0) yield last
  } finally {
    file.close()
  }
}

/** A file that is cut short and was written a moment ago is not broken: its writer is not done. */
async function* unpackedLines(
  { path }: FileSplit,
  packing: Packing,
  options: LineOptions & InflateLimits,
  { clock }: Pick<SourceIo, 'clock'>,
): AsyncGenerator<string[]> {
  const before = statSync(path, { throwIfNoEntry: false })
  try {
    yield* linesIn(path, inflated({ path, packing }, createReadStream(path), options), options)
  } catch (error) {
    if (hasCode(error, 'E_FILE_CORRUPT') && changesUntil(path, before, isCutShort(error) ? clock.now() : null))
      throw growing(path, error)
    throw error
  }
}

/** The bytes of a split, as the file held them when it was listed. */
export function* piecesOf(split: FileSplit, io: Pick<SourceIo, 'postpones'> = {}): Generator<Uint8Array> {
  const file = new OpenFile(split, io)
  try {
    for (let at = split.start; at < split.end;) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, split.end - at))
      const count = file.read(piece, at, piece.length)
      yield piece.subarray(0, count)
      at += count
    }
  } finally {
    file.close()
  }
}

/** Where the first line that begins at or behind `at` begins. */
function nextLine(file: OpenFile, at: number, size: number, maxLineBytes: number): number {
  const piece = Buffer.allocUnsafe(1 << 16)
  for (let from = at - 1; from < size;) {
    if (from - at > maxLineBytes) throw lineTooLong(file.path, at, maxLineBytes)
    const count = file.read(piece, from, size - from)
    const found = piece.subarray(0, count).indexOf(NEWLINE)
    if (found >= 0) return from + found + 1
    from += count
  }
  return size
}

const NEWLINE = 10
