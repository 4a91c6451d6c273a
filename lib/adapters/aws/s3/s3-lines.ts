import { underPolicy } from '../../../source/decode-policy.ts'
import type { FileSplit } from '../../../source/file-splits.ts'
import { LineBuffer, linesIn, type LineOptions } from '../../../source/line-buffer.ts'
import { MAGIC_BYTES, packingOf } from '../../../codec/packing.ts'
import { loadedLater } from '../../../model/loaded-later.ts'
import type { TextFileOptions } from '../../../source/source-factories.ts'
import type { SourceIo } from '../../../source/source.ts'
import type { AwsClients, S3 } from '../clients.ts'
import { bytesOf } from './s3-object.ts'

const TAIL_BYTES = 1 << 16

/**
 * The lines that begin in a split, a piece of the answer at a time. A packed object, known by its first bytes whatever
 * its name, is unpacked, and all of it belongs to its first split.
 */
export async function* linesOf(
  clients: AwsClients,
  split: FileSplit,
  options: TextFileOptions,
  io: Pick<SourceIo, 'undecoded'>,
): AsyncGenerator<readonly string[]> {
  if (split.size === 0) return
  const s3 = await clients.s3()
  const isWhole = split.start === 0 && split.end === split.size
  const whole = (): AsyncGenerator<Uint8Array> => bytesOf(s3, split, 0, split.size)
  // Of a whole object, the answer that shows how it begins is read on; only who reads it again asks again.
  const begun = await withHead(isWhole ? whole() : bytesOf(s3, split, 0, Math.min(MAGIC_BYTES, split.size)))
  const packing = packingOf(begun.head)
  let unread: AsyncGenerator<Uint8Array> | null = isWhole ? begun.bytes : null
  const all = (): AsyncGenerator<Uint8Array> => {
    const bytes = unread ?? whole()
    unread = null
    return bytes
  }
  try {
    if (packing && split.start > 0) return
    const inflated = packing && (await packedBytes()).inflated
    yield* underPolicy({
      policy: options.onDecodeError ?? 'fail',
      path: split.path,
      isPacked: packing !== null,
      report: (found) => io.undecoded?.(found),
      read: (more) => {
        const lines = { ...options, ...more }
        if (packing && inflated)
          return linesIn(split.path, inflated({ path: split.path, packing }, all(), options), lines)
        return isWhole ? linesIn(split.path, all(), lines) : linesOfRange(s3, split, lines)
      },
    })
  } finally {
    await begun.bytes.return(undefined)
  }
}

const packedBytes = loadedLater(() => import('../../../source/packed-bytes.ts'))

/** The first bytes, and all of them. */
async function withHead(bytes: AsyncGenerator<Uint8Array>) {
  let head: Uint8Array = new Uint8Array()
  while (head.length < MAGIC_BYTES) {
    const { done, value } = await bytes.next()
    if (done) break
    head = head.length === 0 ? value : Buffer.concat([head, value])
  }
  return {
    head,
    bytes: (async function* () {
      try {
        yield head
        yield* bytes
      } finally {
        await bytes.return(undefined)
      }
    })(),
  }
}

/**
 * The lines that begin in a range of bytes. Asks for the range and, where its last line goes on behind it, for a little
 * more.
 */
async function* linesOfRange(s3: S3, split: FileSplit, options: LineOptions): AsyncGenerator<string[]> {
  if (split.start === split.end) return
  const lines = new SplitLines(split, options)
  // One byte earlier: only the end of the line before tells whether a line begins at the start.
  for (let from = Math.max(0, split.start - 1), to = split.end; ; to = Math.min(from + TAIL_BYTES, split.size)) {
    for await (const piece of bytesOf(s3, split, from, to)) {
      const found = lines.take(piece)
      if (found.length > 0) yield found
      if (lines.done) return
    }
    from = to
    if (lines.none || from >= split.size) break
  }
  const last = lines.end()
  if (last.length > 0) yield last
}

/** Which of the bytes that arrive belong to lines of the split. */
class SplitLines {
  done = false
  readonly #split: FileSplit
  readonly #options: LineOptions
  #at: number
  #buffer: LineBuffer | null

  constructor(split: FileSplit, options: LineOptions) {
    this.#split = split
    this.#options = options
    this.#at = Math.max(0, split.start - 1)
    this.#buffer = split.start === 0 ? this.#newBuffer(0) : null
  }

  /** No line begins in the split. */
  get none(): boolean {
    return this.#buffer === null && this.#at >= this.#split.end
  }

  take(piece: Uint8Array): string[] {
    const start = this.#buffer ? 0 : this.#afterLineBefore(piece)
    const end = this.#lineEndBehind(piece)
    this.#at += piece.length
    if (start < 0) return []
    return this.#buffer!.push(piece.subarray(start, end))
  }

  /** Where the first line begins; -1: not in this piece. */
  #afterLineBefore(piece: Uint8Array): number {
    const newline = piece.indexOf(NEWLINE)
    const begin = newline + 1
    if (newline < 0) return -1
    if (this.#at + begin >= this.#split.end) {
      this.done = true
      return -1
    }
    this.#buffer = this.#newBuffer(this.#at + begin)
    return begin
  }

  /** The end of what is wanted of this piece: behind the split only the line that began in it. */
  #lineEndBehind(piece: Uint8Array): number {
    const last = Math.max(0, this.#split.end - 1 - this.#at)
    if (last >= piece.length) return piece.length
    const newline = piece.indexOf(NEWLINE, last)
    if (newline < 0) return piece.length
    this.done = true
    return newline + 1
  }

  end(): string[] {
    return this.#buffer?.end() ?? []
  }

  #newBuffer(offset: number): LineBuffer {
    return new LineBuffer(this.#split.path, this.#options, { offset })
  }
}

const NEWLINE = 10
