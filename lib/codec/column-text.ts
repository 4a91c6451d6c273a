import type { ByteReader, ByteWriter } from './bytes.ts'
import { type IntWidth, readInts, widthOfInts, writeInts } from './column-numbers.ts'

// Bytes per code unit. One text outside of latin1 makes the whole column take two, which no text is too strange for.
const LATIN1 = 1
const UTF16 = 2

/**
 * Writes all texts as one run of code units, and their lengths. Returns false, with the writer's length undefined, when
 * something is not a string.
 */
export function writeTexts(w: ByteWriter, values: ArrayLike<unknown>, count: number): boolean {
  for (let i = 0; i < count; i++) if (typeof values[i] !== 'string') return false
  const texts = values as ArrayLike<string>
  const start = w.length
  if (!writeUnits(w, texts, count, LATIN1)) {
    w.length = start
    writeUnits(w, texts, count, UTF16)
  }
  const lengths = new Int32Array(count)
  for (let i = 0; i < count; i++) lengths[i] = texts[i].length
  writeInts(w, lengths, count, widthOfInts(lengths, count) as IntWidth)
  return true
}

function writeUnits(w: ByteWriter, texts: ArrayLike<string>, count: number, width: number): boolean {
  w.u8(width)
  const sizeAt = w.length
  w.u32(0)
  for (let i = 0; i < count; i++) {
    if (width === UTF16) w.ucs2(texts[i])
    else if (!writeLatin1(w, texts[i])) return false
  }
  w.u32At(sizeAt, w.length - sizeAt - 4)
  return true
}

function writeLatin1(w: ByteWriter, text: string): boolean {
  if (text.length > LONG_TEXT) return writeLongLatin1(w, text)
  const at = w.reserve(text.length)
  const { bytes } = w
  let bits = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    bits |= unit
    bytes[at + i] = unit
  }
  w.length = at + text.length
  return bits < 256
}

/** The runtime copies long text faster than a loop, but cuts units above 255 without a word. */
function writeLongLatin1(w: ByteWriter, text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  if (Buffer.byteLength(text) !== text.length && /[^\0-\xff]/.test(text)) return false
  w.latin1(text)
  return true
}

const LONG_TEXT = 32

/** Texts that lie in memory as a byte for the length and a byte for each unit, at the starts given. */
export class CountedTexts {
  readonly bytes: Buffer
  readonly starts: Uint32Array

  constructor({ bytes, starts }: { readonly bytes: Uint8Array; readonly starts: Uint32Array }) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.starts = starts
  }

  get length(): number {
    return this.starts.length
  }

  textAt(i: number): string {
    const start = this.starts[i]
    return this.bytes.latin1Slice(start + 1, start + 1 + this.bytes[start])
  }
}

/** What `writeTexts` writes for the same texts, without a string for any. */
export function writeCountedTexts(w: ByteWriter, { bytes, starts }: CountedTexts, count: number): void {
  const lengths = new Int32Array(count)
  let size = 0
  for (let i = 0; i < count; i++) size += lengths[i] = bytes[starts[i]]
  w.u8(LATIN1)
  w.u32(size)
  let at = w.reserve(size)
  const into = w.bytes
  for (let i = 0; i < count; i++) {
    const from = starts[i] + 1
    const length = lengths[i]
    for (let j = 0; j < length; j++) into[at + j] = bytes[from + j]
    at += length
  }
  w.length += size
  writeInts(w, lengths, count, widthOfInts(lengths, count) as IntWidth)
}

/** Each text is a string of its own: a slice of a larger one would keep that one alive and is slow as a key. */
export function readTexts(r: ByteReader, count: number): string[] {
  const width = r.u8()
  if (width !== LATIN1 && width !== UTF16) r.corrupt(`text cannot have ${width} bytes per unit`)
  const size = r.u32()
  const start = r.take(size)
  const lengths = readInts(r, count)
  checkLengths(r, lengths, size / width)
  const { bytes } = r
  const slice = (from: number, to: number): string =>
    width === LATIN1 ? bytes.latin1Slice(start + from, start + to) : bytes.ucs2Slice(start + 2 * from, start + 2 * to)
  const texts: string[] = new Array(count)
  let from = 0
  // All units as one string, of a stretch that ends at `wholeTo`: V8 copies out of it what is too short for a slice.
  let whole = ''
  let wholeFrom = 0
  let wholeTo = 0
  for (let i = 0; i < count; i++) {
    const to = from + lengths[i]
    if (lengths[i] < V8_SLICE_MIN) {
      if (to > wholeTo) {
        wholeFrom = from
        wholeTo = Math.min(from + STRETCH, size / width)
        whole = slice(wholeFrom, wholeTo)
      }
      texts[i] = whole.substring(from - wholeFrom, to - wholeFrom)
    } else texts[i] = slice(from, to)
    from = to
  }
  return texts
}

/** V8's `SlicedString::kMinLength`. */
const V8_SLICE_MIN = 13
/** Units decoded at once: fits the cache. */
const STRETCH = 16_384

function checkLengths(r: ByteReader, lengths: ArrayLike<number>, units: number): void {
  let sum = 0
  for (let i = 0; i < lengths.length; i++) {
    if (lengths[i] < 0) r.corrupt('a text has a negative length')
    sum += lengths[i]
  }
  if (sum !== units) r.corrupt('the lengths of texts do not add up')
}
