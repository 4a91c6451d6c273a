import type { FileSplit } from '../../source/file-splits.ts'
import { LINE_BYTES_MAX, LineBuffer, type LineOptions, lineTooLong } from '../../source/line-buffer.ts'
import { OpenFile } from './open-file.ts'
import { inflated, type InflateLimits, isGzip } from './gzip-file.ts'

const PIECE_BYTES = 1 << 20

/**
 * The lines that begin in a split, some hundred kilobytes at a time. Never holds more than a piece and a line.
 * A gzip file, known by its first bytes whatever its name, is unpacked, and all of it belongs to its first split.
 */
export function linesOf(
  split: FileSplit,
  options: LineOptions & InflateLimits,
): Iterable<string[]> | AsyncIterable<string[]> {
  const file = new OpenFile(split)
  if (!isGzip(file.head(2))) return plainLines(file, split, options)
  file.close()
  return split.start === 0 ? inflatedLines(split, options) : []
}

/** The lines that begin in a split of a file that is not packed. Closes the file. */
export function* plainLines(
  file: OpenFile,
  { path, start, end, size }: FileSplit,
  options: LineOptions,
): Generator<string[]> {
  try {
    const maxLineBytes = options.maxLineBytes ?? LINE_BYTES_MAX
    let at = start === 0 ? 0 : nextLine(file, start, size, maxLineBytes)
    const stop = start === end ? at : end >= size ? size : nextLine(file, end, size, maxLineBytes)
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

async function* inflatedLines({ path }: FileSplit, options: LineOptions & InflateLimits): AsyncGenerator<string[]> {
  const buffer = new LineBuffer(path, options)
  for await (const piece of inflated(path, options)) {
    const lines = buffer.push(piece)
    if (lines.length > 0) yield lines
  }
  const last = buffer.end()
  if (last.length > 0) yield last
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
