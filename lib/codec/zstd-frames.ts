/** Bytes of a zstd file that belong to a frame, in order. */
interface FramePart {
  readonly bytes: Uint8Array
  /** The frame ends here. */
  readonly ends: boolean
}

/**
 * The frames of a zstd file (RFC 8878), which together are its content, as its bytes arrive. The decoder of the
 * platform ends with the first one and says nothing of the others. A frame that is cut short ends with the file; what
 * is no frame is one that the decoder refuses.
 */
export async function* framesIn(packed: AsyncIterable<Uint8Array>): AsyncGenerator<FramePart> {
  const reader = new FrameReader()
  for await (const piece of packed) yield* reader.take(piece)
  yield* reader.end()
}

/** The frames of a zstd file that is there whole, without those that are to be skipped. */
export const wholeFrames = (packed: Uint8Array): readonly Uint8Array[] => {
  const reader = new FrameReader()
  return [...reader.take(packed), ...reader.end()].map(({ bytes }) => bytes)
}

const MAGIC = 0xfd2fb528
const isSkippable = (magic: number): boolean => magic >>> 4 === 0x184d2a5

/** What comes next: a field of so many bytes that says what follows it, or bytes that nobody has to look at. */
type Expected =
  | { readonly field: 'magic' | 'skipped-size' | 'descriptor' | 'block'; readonly bytes: number }
  | { readonly field: null; readonly bytes: number; readonly next: Expected }

const START: Expected = { field: 'magic', bytes: 4 }
const SKIPPED_SIZE: Expected = { field: 'skipped-size', bytes: 4 }
const DESCRIPTOR: Expected = { field: 'descriptor', bytes: 1 }
const BLOCK: Expected = { field: 'block', bytes: 3 }
/** The decoder says what is wrong with it. */
const NO_FRAME: Expected = { field: null, bytes: Infinity, next: START }

class FrameReader {
  #expected: Expected = START
  /** What has come of the expected bytes. */
  #had = 0
  /** The field that is being read, from its lowest byte. */
  #value = 0
  #checksumBytes = 0
  #skips = false
  /** Not enough bytes to tell whether they are to be skipped. */
  #held: Uint8Array = new Uint8Array()

  take(arrived: Uint8Array): FramePart[] {
    const parts: FramePart[] = []
    const piece = this.#held.length === 0 ? arrived : Buffer.concat([this.#held, arrived])
    this.#held = new Uint8Array()
    // Where the bytes that were not handed on begin.
    let from = 0
    for (let at = 0; at < piece.length;) {
      const count = Math.min(this.#expected.bytes - this.#had, piece.length - at)
      if (this.#expected.field !== null)
        for (let i = 0; i < count; i++) this.#value += piece[at + i] * 2 ** (8 * (this.#had + i))
      at += count
      this.#had += count
      while (this.#had === this.#expected.bytes) {
        const skipped = this.#skips
        this.#next()
        if (this.#expected !== START) continue
        if (!skipped) parts.push({ bytes: piece.subarray(from, at), ends: true })
        from = at
        break
      }
    }
    if (this.#expected === START) this.#hold(piece.subarray(from))
    else if (from < piece.length && !this.#skips) parts.push({ bytes: piece.subarray(from), ends: false })
    return parts
  }

  end(): FramePart[] {
    return this.#held.length > 0 ? [{ bytes: this.#held, ends: true }] : []
  }

  #hold(bytes: Uint8Array): void {
    this.#held = new Uint8Array(bytes)
    this.#had = 0
    this.#value = 0
  }

  #next(): void {
    const value = this.#value
    const expected = this.#expected
    this.#had = 0
    this.#value = 0
    this.#expected = expected.field === null ? expected.next : this.#after(expected.field, value)
    if (this.#expected === START) this.#skips = false
  }

  #after(field: NonNullable<Expected['field']>, value: number): Expected {
    switch (field) {
      case 'magic':
        this.#skips = isSkippable(value)
        return this.#skips ? SKIPPED_SIZE : value === MAGIC ? DESCRIPTOR : NO_FRAME
      case 'skipped-size':
        return { field: null, bytes: value, next: START }
      case 'descriptor':
        return this.#header(value)
      case 'block':
        return this.#block(value)
    }
  }

  #header(descriptor: number): Expected {
    const isSingle = (descriptor >> 5) & 1
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]
    const sizeBytes = [isSingle, 2, 4, 8][descriptor >> 6]
    this.#checksumBytes = (descriptor & 4) === 0 ? 0 : 4
    return { field: null, bytes: 1 - isSingle + dictionaryBytes + sizeBytes, next: BLOCK }
  }

  #block(head: number): Expected {
    const isRepeated = ((head >> 1) & 3) === 1
    const bytes = isRepeated ? 1 : head >> 3
    if ((head & 1) === 0) return { field: null, bytes, next: BLOCK }
    return { field: null, bytes: bytes + this.#checksumBytes, next: START }
  }
}
