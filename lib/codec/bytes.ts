import { SluiceError } from '../model/errors.ts'

declare global {
  // Node has these and uses them itself, but leaves them out of its types. `toString('latin1', …)` first looks its
  // encoding up by name.
  interface Buffer {
    latin1Slice(start: number, end: number): string
    utf8Slice(start: number, end: number): string
    ucs2Slice(start: number, end: number): string
    latin1Write(text: string, at: number, size: number): number
    utf8Write(text: string, at: number, size: number): number
    ucs2Write(text: string, at: number, size: number): number
  }
}

/** Longer blobs would not fit the 32-bit offsets of a block. */
const BYTES_MAX = 2 ** 32 - 1

/** Appends binary values to a buffer that grows. Numbers are little-endian; the engine runs on x86 and ARM only. */
export class ByteWriter {
  /** Content in `[0, length)`. Replaced when it grows: read it anew after each write. */
  bytes: Buffer
  length = 0

  constructor(capacity: number = 1024) {
    // A slow buffer owns its memory, so it never pins the pool that other code shares.
    this.bytes = Buffer.allocUnsafeSlow(capacity)
  }

  /** Makes room for `count` more bytes and returns where they start; the caller writes them and moves `length`. */
  reserve(count: number): number {
    if (this.length + count > this.bytes.length) this.grow(count)
    return this.length
  }

  u8(value: number): void {
    const at = this.reserve(1)
    this.bytes[at] = value
    this.length = at + 1
  }

  u32(value: number): void {
    const at = this.reserve(4)
    this.u32At(at, value)
    this.length = at + 4
  }

  i32(value: number): void {
    const at = this.reserve(4)
    this.u32At(at, value)
    this.length = at + 4
  }

  f64(value: number): void {
    const at = this.reserve(8)
    f64[0] = value
    for (let i = 0; i < 8; i++) this.bytes[at + i] = f64Bytes[i]
    this.length = at + 8
  }

  /** A whole number from 0 to 2^53 - 1 in 1 to 8 bytes. */
  varint(value: number): void {
    let at = this.reserve(8)
    const { bytes } = this
    while (value > 127) {
      bytes[at++] = (value % 128) | 128
      value = value > 0x7fffffff ? Math.floor(value / 128) : value >>> 7
    }
    bytes[at++] = value
    this.length = at
  }

  /** The bytes as they are, without a length. */
  raw(content: Uint8Array): void {
    const at = this.reserve(content.length)
    this.bytes.set(content, at)
    this.length = at + content.length
  }

  /** The memory of a typed array as it is, without a length. */
  memory(content: ArrayBufferView): void {
    this.raw(new Uint8Array(content.buffer, content.byteOffset, content.byteLength))
  }

  /** One byte per code unit, all of which must be below 256; without a length. */
  latin1(text: string): void {
    const at = this.reserve(text.length)
    if (text.length > SHORT_TEXT) this.bytes.latin1Write(text, at, text.length)
    else for (let i = 0; i < text.length; i++) this.bytes[at + i] = text.charCodeAt(i)
    this.length = at + text.length
  }

  /** UTF-8 after its byte length. Half surrogate pairs would turn into U+FFFD. */
  utf8(text: string): void {
    const size = Buffer.byteLength(text)
    this.varint(size)
    const at = this.reserve(size)
    this.bytes.utf8Write(text, at, size)
    this.length = at + size
  }

  /** Two bytes per code unit: keeps any string; without a length. */
  ucs2(text: string): void {
    const at = this.reserve(2 * text.length)
    const { bytes } = this
    if (text.length > SHORT_TEXT) bytes.ucs2Write(text, at, 2 * text.length)
    else {
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i)
        bytes[at + 2 * i] = unit
        bytes[at + 2 * i + 1] = unit >> 8
      }
    }
    this.length = at + 2 * text.length
  }

  /** Overwrites four bytes written earlier. */
  u32At(at: number, value: number): void {
    const { bytes } = this
    bytes[at] = value
    bytes[at + 1] = value >>> 8
    bytes[at + 2] = value >>> 16
    bytes[at + 3] = value >>> 24
  }

  /** A copy of the content in memory of its own, fit to be transferred. */
  copy(): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(this.length)
    copy.set(this.bytes.subarray(0, this.length))
    return copy
  }

  private grow(count: number): void {
    const needed = this.length + count
    if (needed > BYTES_MAX) throw new SluiceError('E_BLOB_TOO_LARGE', `A blob would exceed ${BYTES_MAX} bytes.`)
    const grown = Buffer.allocUnsafeSlow(Math.min(BYTES_MAX, Math.max(needed, 2 * this.bytes.length)))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }
}

/** Below this many characters a loop is faster than a call into the runtime. */
const SHORT_TEXT = 24

/**
 * Reads what `ByteWriter` wrote and never outside of it: `E_BLOB_TRUNCATED` where the bytes end early, `E_BLOB_CORRUPT`
 * for what cannot be.
 */
export class ByteReader {
  readonly bytes: Buffer
  /** Where the next read starts in `bytes`. */
  at: number
  private readonly end: number
  private readonly what: string

  /** Reads `bytes` from `from` up to `to`. `what` names the blob in errors. */
  constructor(bytes: Uint8Array, what: string, from: number = 0, to: number = bytes.length) {
    this.at = from
    this.end = to
    this.bytes = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.what = what
  }

  get remaining(): number {
    return this.end - this.at
  }

  /** Steps over `count` bytes and returns where they start. Ask before allocating anything of a size that was read. */
  take(count: number): number {
    const at = this.at
    if (count > this.end - at) throw this.truncated(count)
    this.at = at + count
    return at
  }

  u8(): number {
    return this.bytes[this.take(1)]
  }

  u32(): number {
    return this.i32() >>> 0
  }

  i32(): number {
    const at = this.take(4)
    const { bytes } = this
    return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
  }

  f64(): number {
    const at = this.take(8)
    for (let i = 0; i < 8; i++) f64Bytes[i] = this.bytes[at + i]
    return f64[0]
  }

  varint(): number {
    let value = 0
    let unit = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.bytes[this.take(1)]
      value += (byte & 127) * unit
      if (byte < 128) return value <= Number.MAX_SAFE_INTEGER ? value : this.corrupt('a number is out of range')
      unit *= 128
    }
    return this.corrupt('a number has no end')
  }

  /** A number of things that each take at least one byte, so a lie is found before anything is allocated. */
  count(): number {
    const count = this.varint()
    if (count > this.remaining) throw this.truncated(count)
    return count
  }

  /** A copy, so that what is kept does not keep the blob. */
  raw(size: number): Uint8Array<ArrayBuffer> {
    const at = this.take(size)
    return new Uint8Array(this.bytes.subarray(at, at + size))
  }

  latin1(length: number): string {
    const at = this.take(length)
    return this.bytes.latin1Slice(at, at + length)
  }

  utf8(): string {
    const size = this.count()
    const at = this.take(size)
    return this.bytes.utf8Slice(at, at + size)
  }

  ucs2(length: number): string {
    const at = this.take(2 * length)
    return this.bytes.ucs2Slice(at, at + 2 * length)
  }

  corrupt(detail: string): never {
    throw new SluiceError('E_BLOB_CORRUPT', `${this.what} is damaged: ${detail}.`, { where: { offset: this.at } })
  }

  private truncated(count: number): SluiceError {
    return new SluiceError(
      'E_BLOB_TRUNCATED',
      `${this.what} ends early: ${count} more bytes expected, ${this.remaining} left.`,
      {
        where: { offset: this.at },
      },
    )
  }
}

// A view of its own for each reader and writer would cost more than most of them read.
const f64 = new Float64Array(1)
const f64Bytes = new Uint8Array(f64.buffer)
