import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Source } from '../lib/source/source.ts'

/** A range of bytes of a file that ends behind a line break. */
export interface TextRange {
  readonly path: string
  readonly from: number
  readonly to: number
}

/** A text file in blocks of about `bytes`, each in `parts` ranges: the k-th block is what batch k reads. */
export function textBlocks(path: string, bytes: number, parts: number): TextRange[][] {
  const file = openSync(path, 'r')
  const { size } = fstatSync(file)
  const bounds = [0]
  for (let at = bytes / parts; at < size; at += bytes / parts) bounds.push(afterLineBreak(file, Math.floor(at)))
  closeSync(file)
  const blocks: TextRange[][] = []
  for (let i = 0; i + parts < bounds.length; i += parts) {
    blocks.push(
      Array.from({ length: parts }, (_, part) => ({ path, from: bounds[i + part], to: bounds[i + part + 1] })),
    )
  }
  return blocks
}

function afterLineBreak(file: number, at: number): number {
  const bytes = Buffer.alloc(4096)
  readSync(file, bytes, 0, bytes.length, at)
  return at + bytes.indexOf(10) + 1
}

const CHUNK_BYTES = 1 << 18
let room = Buffer.alloc(0)

/**
 * The lines of a range as strings, some thousand at a time. Reads the file (from the system's cache) and decodes: all
 * contenders do it this way, inside the time.
 */
export function* lineChunks({ path, from, to }: TextRange): Iterable<string[]> {
  if (room.length < to - from) room = Buffer.alloc(to - from)
  const bytes = room
  const file = openSync(path, 'r')
  readSync(file, bytes, 0, to - from, from)
  closeSync(file)
  for (let at = 0; at < to - from;) {
    const wanted = Math.min(at + CHUNK_BYTES, to - from)
    const end = bytes.indexOf(10, wanted - 1)
    yield bytes.latin1Slice(at, end).split('\n')
    at = end + 1
  }
}

/** Blocks as a source: batch k reads block k. */
export const textSource = (blocks: readonly TextRange[][]): Source<string> => ({
  name: 'Text blocks',
  cut: async ({ time, zeroTime, intervalMs }) => {
    const batch = (time - zeroTime) / intervalMs
    return { position: batch, splits: (blocks[batch - 1] ?? []) as never, records: null }
  },
  read: (split) => lineChunks(split as unknown as TextRange),
})

/** Lines and words of ranges, from their bytes alone. */
export function sizeOf(ranges: readonly TextRange[]): { readonly lines: number; readonly words: number } {
  let [lines, spaces] = [0, 0]
  for (const { path, from, to } of ranges) {
    const bytes = Buffer.alloc(to - from)
    const file = openSync(path, 'r')
    readSync(file, bytes, 0, bytes.length, from)
    closeSync(file)
    for (const byte of bytes)
      if (byte === 10) lines++
      else if (byte === 32) spaces++
  }
  return { lines, words: lines + spaces }
}

/** The same blocks for a program in another language: `from-to` of each range, blocks apart by a semicolon. */
export const rangesText = (blocks: readonly TextRange[][]): string =>
  blocks.map((ranges) => ranges.map(({ from, to }) => `${from}-${to}`).join(',')).join(';')
