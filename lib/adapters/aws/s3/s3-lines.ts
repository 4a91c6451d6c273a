import { SluiceError } from '../../../model/errors.ts'
import type { FileSplit } from '../../../source/file-splits.ts'
import { LineBuffer, type LineOptions } from '../../../source/line-buffer.ts'
import type { AwsClients, S3 } from '../clients.ts'
import { inputError } from './s3-errors.ts'
import { s3Location } from './s3-location.ts'

const TAIL_BYTES = 1 << 16

/**
 * The lines that begin in a split, a piece of the answer at a time. Asks for the range and, where its last line goes on
 * behind it, for a little more.
 */
export async function* linesOf(clients: AwsClients, split: FileSplit, options: LineOptions): AsyncGenerator<string[]> {
  if (split.start === split.end) return
  const s3 = await clients.s3()
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
    if (this.#at === 0 && piece[0] === 0x1f && piece[1] === 0x8b) throw packed(this.#split)
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

/** The bytes from `from` up to `to`, as they arrive; always of the object that was listed. */
async function* bytesOf({ client, sdk }: S3, split: FileSplit, from: number, to: number): AsyncGenerator<Uint8Array> {
  const { bucket, key } = s3Location(split.path)
  let at = from
  try {
    const { Body: body } = await client.send(
      new sdk.GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${from}-${to - 1}`, IfMatch: split.etag }),
    )
    for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
      at += piece.length
      yield piece
    }
  } catch (error) {
    throw inputError(split, error)
  }
  if (at < to)
    throw new SluiceError('E_FILE_CHANGED', `${split.path} ended at byte ${at} of ${to}.`, {
      where: { offset: at, detail: split.path },
      did: 'the batch was not completed and is tried again',
      retry: true,
    })
}

const packed = ({ path }: FileSplit): SluiceError =>
  new SluiceError('E_FILE_FORMAT', `${path} is a gzip file; lines are read of plain text only.`, {
    where: { detail: path },
    did: 'the batch was not completed',
    next: ['unpack it on its way into the bucket', "leave it out: filter: (path) => !path.endsWith('.gz')"],
  })

const NEWLINE = 10
