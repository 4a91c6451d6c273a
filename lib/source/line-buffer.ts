import { isAscii, isUtf8 } from 'node:buffer'
import { firstInvalid, isUtf16Mark } from '../codec/utf8.ts'
import { SluiceError } from '../model/errors.ts'

/** What a line is. */
export interface LineOptions {
  /** Default `utf8`, which refuses bytes that are not UTF-8; `latin1` takes every byte as a character. */
  readonly encoding?: 'utf8' | 'latin1'
  /** Longer lines are an error (default 1 MiB). */
  readonly maxLineBytes?: number
  /** A `\r` alone ends a line, as on sockets. Without it, a `\r` that no `\n` follows is data, as in files. */
  readonly loneReturn?: boolean
  /**
   * Asked what becomes of a line that is too long or not text, with as many of its bytes as are at hand: it is left
   * out, or its bytes that are no text are `replaced` by U+FFFD. Without it such a line is thrown as an error.
   */
  readonly onBad?: (error: SluiceError, bytes: Uint8Array) => 'left-out' | 'replaced'
}

export const LINE_BYTES_MAX = 1 << 20

/**
 * Turns bytes that arrive in pieces into lines: strings of their own, which hold no piece alive. Ends of lines are `\n`
 * and `\r\n`; what follows the last one is a line too, unless it is empty. A byte order mark at the start is dropped.
 * Throws `E_RECORD_TOO_LARGE` and `E_DECODE_UTF8` with the offset of the line or byte; after that the buffer is of no
 * use.
 */
export class LineBuffer {
  readonly #what: string
  readonly #maxLineBytes: number
  readonly #utf8: boolean
  readonly #loneReturn: boolean
  readonly #onBad: LineOptions['onBad']
  #bytes: Buffer
  /** Bytes held: the start of a line whose end has not come. */
  #held = 0
  /** Where the held bytes start in the input. */
  #offset: number
  /** Within a line that is too long and was reported. */
  #skipping = false
  /** The last piece ended in `\r`: a `\n` that follows belongs to it. */
  #afterReturn = false

  /** `what` names the input in errors; `offset` is where in it the first piece starts. */
  constructor(
    what: string,
    options: LineOptions = {},
    { offset = 0, capacity = 1 << 16 }: { offset?: number; capacity?: number } = {},
  ) {
    this.#what = what
    this.#maxLineBytes = options.maxLineBytes ?? LINE_BYTES_MAX
    this.#utf8 = options.encoding !== 'latin1'
    this.#loneReturn = options.loneReturn ?? false
    this.#onBad = options.onBad
    this.#offset = offset
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
  }

  /** The lines that end in `piece`, together with what was held. */
  push(piece: Uint8Array): string[] {
    while (this.#bytes.length - this.#held < piece.length) this.#grow()
    this.#bytes.set(piece, this.#held)
    return this.filled(piece.length)
  }

  /** Memory for the next piece, so that it need not be copied: write to its start, then call `filled`. */
  free(): Uint8Array {
    if (this.#held * 2 > this.#bytes.length) this.#grow()
    return this.#bytes.subarray(this.#held)
  }

  /** The lines that end in the `count` bytes written to `free()`. */
  filled(count: number): string[] {
    const from = this.#afterNewlineOf(count)
    const end = this.#held + count
    const whole = this.#lastEnd(end)
    const lines = whole === 0 ? [] : this.#lines(from, whole)
    this.#bytes.copyWithin(0, whole, end)
    this.#held = end - whole
    this.#offset += whole
    if (this.#skipping) this.#drop()
    else if (this.#held > this.#maxLineBytes) this.#tooLong()
    return lines
  }

  /** The last line, when the input does not end with the end of a line. */
  end(): string[] {
    const held = this.#skipping ? 0 : this.#held
    this.#held = 0
    const lines: string[] = []
    if (held > 0) this.#addLine(lines, this.#afterMark(0, held), held, isAscii(this.#bytes.subarray(0, held)))
    return lines
  }

  /** Where the lines of a new piece begin: behind a `\n` whose `\r` came with the piece before. */
  #afterNewlineOf(count: number): number {
    if (!this.#afterReturn || count === 0) return 0
    this.#afterReturn = false
    return this.#bytes[0] === NEWLINE ? 1 : 0
  }

  /** Behind the last end of a line, which can only be in the new piece; 0 where there is none. */
  #lastEnd(end: number): number {
    const piece = this.#bytes.subarray(this.#held, end)
    const found = Math.max(piece.lastIndexOf(NEWLINE), this.#loneReturn ? piece.lastIndexOf(RETURN) : -1)
    if (found < 0) return 0
    this.#afterReturn = this.#loneReturn && found === piece.length - 1 && piece[found] === RETURN
    return this.#held + found + 1
  }

  #lines(start: number, end: number): string[] {
    let from = start
    if (this.#skipping) {
      from = this.#firstEnd(from, end)
      this.#skipping = false
    }
    if (from >= end) return []
    const bytes = this.#bytes.subarray(0, end)
    const ascii = !this.#utf8 || isAscii(bytes)
    const returns = bytes.includes(RETURN)
    if (ascii && !(returns && this.#loneReturn)) return this.#latin1Lines(from, end, returns)
    return this.#otherLines(ascii ? from : this.#afterMark(from, end), end, ascii || isUtf8(bytes))
  }

  /**
   * Splitting a string is the fastest way to find lines; but what it gives are slices of it, so longer lines are made
   * anew.
   */
  #latin1Lines(start: number, end: number, returns: boolean): string[] {
    const bytes = this.#bytes
    const lines = bytes.latin1Slice(start, end - 1).split('\n')
    let from = start
    let bad = 0
    for (let i = 0; i < lines.length; i++) {
      const length = lines[i].length
      const to = returns && length > 0 && bytes[from + length - 1] === RETURN ? from + length - 1 : from + length
      if (to - from > this.#maxLineBytes) {
        this.#bad(this.#tooLongAt(from), from, to)
        bad++
      } else if (length > COPIED_CHARS_MAX || to !== from + length) lines[i - bad] = bytes.latin1Slice(from, to)
      else if (bad > 0) lines[i - bad] = lines[i]!
      from += length + 1
    }
    if (bad > 0) lines.length -= bad
    return lines
  }

  #otherLines(start: number, end: number, valid: boolean): string[] {
    const lines: string[] = []
    for (let from = start; from < end;) {
      const next = this.#firstEnd(from, end)
      this.#addLine(lines, from, this.#contentEnd(from, next), valid)
      from = next
    }
    return lines
  }

  /** Behind the end of the line at `from`. */
  #firstEnd(from: number, end: number): number {
    const newline = this.#bytes.indexOf(NEWLINE, from)
    const next = newline < 0 || newline >= end ? end : newline + 1
    if (!this.#loneReturn) return next
    const back = this.#bytes.subarray(from, next).indexOf(RETURN)
    if (back < 0) return next
    return from + back + 1 === next - 1 && this.#bytes[next - 1] === NEWLINE ? next : from + back + 1
  }

  #contentEnd(from: number, next: number): number {
    if (this.#bytes[next - 1] === RETURN) return next - 1
    return next - 2 >= from && this.#bytes[next - 2] === RETURN ? next - 2 : next - 1
  }

  #addLine(lines: string[], from: number, to: number, valid: boolean): void {
    const bytes = this.#bytes
    if (to - from > this.#maxLineBytes) this.#bad(this.#tooLongAt(from), from, to)
    else if (!this.#utf8) lines.push(bytes.latin1Slice(from, to))
    else if (valid || isUtf8(bytes.subarray(from, to))) lines.push(bytes.utf8Slice(from, to))
    else if (this.#bad(this.#notUtf8(from, to), from, to) === 'replaced') lines.push(bytes.utf8Slice(from, to))
  }

  #afterMark(from: number, end: number): number {
    const marked =
      this.#utf8 &&
      this.#offset + from === 0 &&
      end - from >= 3 &&
      BYTE_ORDER_MARK.compare(this.#bytes, from, from + 3) === 0
    return marked ? from + 3 : from
  }

  #tooLong(): void {
    this.#bad(this.#tooLongAt(0), 0, this.#held)
    this.#skipping = true
    this.#drop()
  }

  #drop(): void {
    this.#offset += this.#held
    this.#held = 0
  }

  #bad(error: SluiceError, from: number, to: number): 'left-out' | 'replaced' {
    if (!this.#onBad) throw error
    return this.#onBad(error, this.#bytes.subarray(from, to))
  }

  #tooLongAt(from: number): SluiceError {
    return lineTooLong(this.#what, this.#offset + from, this.#maxLineBytes)
  }

  #notUtf8(from: number, to: number): SluiceError {
    const offset = this.#offset + from + firstInvalid(this.#bytes.subarray(from, to))
    if (offset === 0 && isUtf16Mark(this.#bytes)) return utf16(this.#what)
    return new SluiceError('E_DECODE_UTF8', `${this.#what} is not UTF-8 at byte ${offset}.`, {
      where: { offset, detail: this.#what },
      did: this.#onBad ? 'the line was left out' : 'the batch was not completed',
      next: [
        "read it with encoding: 'latin1' if it is text of another kind",
        'read it as bytes if it is not text',
        'write it anew as UTF-8',
        ...(this.#onBad ? [] : [GO_ON]),
      ],
    })
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(2 * this.#bytes.length)
    this.#bytes.copy(larger, 0, 0, this.#held)
    this.#bytes = larger
  }
}

/** The lines in pieces of bytes, as they arrive. */
export async function* linesIn(
  what: string,
  pieces: AsyncIterable<Uint8Array>,
  options: LineOptions,
): AsyncGenerator<string[]> {
  const buffer = new LineBuffer(what, options)
  for await (const piece of pieces) {
    const lines = buffer.push(piece)
    if (lines.length > 0) yield lines
  }
  const last = buffer.end()
  if (last.length > 0) yield last
}

export const lineTooLong = (what: string, offset: number, maxLineBytes: number): SluiceError =>
  new SluiceError('E_RECORD_TOO_LARGE', `${what} has a line of more than ${maxLineBytes} bytes at byte ${offset}.`, {
    where: { offset, detail: what },
    did: 'the line was not read to its end',
    next: [
      'raise maxLineBytes if lines may be that long',
      'read it as bytes if it is not text',
      "go on without such lines: onDecodeError: 'dead-letter' or 'skip-file'",
    ],
  })

/** In files; a socket leaves such lines out anyway. */
const GO_ON = "go on without such lines: onDecodeError: 'replace', 'dead-letter' or 'skip-file'"

const utf16 = (what: string): SluiceError =>
  new SluiceError('E_DECODE_UTF8', `${what} is UTF-16, by the mark that it begins with; lines are read of UTF-8.`, {
    where: { offset: 0, detail: what },
    did: 'the batch was not completed',
    next: [`iconv -f UTF-16 -t UTF-8 < ${what} > <new file>`],
  })

const NEWLINE = 10
const RETURN = 13
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])
/** The engine copies short parts of a string and makes slices of longer ones. */
const COPIED_CHARS_MAX = 12
