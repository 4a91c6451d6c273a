/** What is known of a key lies in so many bytes, half of what the processor reads at once. */
const ROW_BYTES = 32
const ROW_WORDS = ROW_BYTES / 4
const ROW_NUMBERS = ROW_BYTES / 8

/** The first byte of a row: the key is text in the row, text in the arena, or nothing that is kept as bytes. */
const ELSEWHERE = 0
const IN_ROW = 1
const IN_ARENA = 2

/** The length of a text, and behind it its units; or, from the fourth byte on, where it stands in the arena. */
const LENGTH = 1
const UNITS = 2
const UNITS_MAX = 17
const START_WORD = 1
const MARK = 19
const HASH_WORD = 5
const NUMBER = 3

const NOTHING = new ArrayBuffer(0)
const NO_BYTES = Buffer.from(NOTHING)
const NO_WORDS = new Int32Array(NOTHING)
const NO_NUMBERS = new Float64Array(NOTHING)
const ROWS_MIN = 16

/** Texts in one piece of memory: at each start the length in a byte, then the units, each below 256. */
interface TextsInBytes {
  readonly bytes: Uint8Array
  readonly starts: Uint32Array
}

/**
 * What belongs to a key, by its id, in one place: short text, the hash, a mark and a number of whoever keeps the table.
 * Keys that are looked up lie anywhere in memory, and each place that has to be read for one is waited for.
 *
 *     byte   0      1        2-18    19     20-23   24-31
 *            form   length   units   mark   hash    number
 *
 * Text of more than 17 and up to 255 latin1 characters stands in an arena beside the rows; the rest is refused. A
 * million texts are two objects for the garbage collector, and writing one takes no step to a string elsewhere.
 */
export class KeyRows {
  /** All rows; replaced when they grow. */
  bytes: Buffer = NO_BYTES
  words: Int32Array = NO_WORDS
  numbers: Float64Array = NO_NUMBERS
  /** Whether tables keep the strings as well: for keys that are looked up a few times and then all asked for. */
  readonly keepsStrings: boolean
  readonly #arena = new TextArena()
  readonly #expected: number

  constructor(expectedKeys: number = 0, strings: 'kept' | 'made-anew' = 'made-anew') {
    // Rows that must grow are copied, and a batch like the one before it often has a few keys more.
    this.#expected = expectedKeys + (expectedKeys >> 3)
    this.keepsStrings = strings === 'kept'
  }

  /** All ids that have a row are below this. */
  get size(): number {
    return this.bytes.length / ROW_BYTES
  }

  /** Makes the row of a new id. */
  add(id: number, hash: number): void {
    if (id * ROW_BYTES >= this.bytes.length) this.#grow(Math.max(ROWS_MIN, this.#expected, 2 * id))
    this.words[id * ROW_WORDS + HASH_WORD] = hash
  }

  /** Whether the text was taken in as the key of `id`, which must not have one. */
  takeText(id: number, text: string): boolean {
    const { length } = text
    if (length > UNITS_MAX) return this.#takeLong(id, text)
    const { bytes } = this
    const row = id * ROW_BYTES
    let bits = 0
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      bits |= unit
      bytes[row + UNITS + i] = unit
    }
    if (bits > 255) return false
    bytes[row + LENGTH] = length
    bytes[row] = IN_ROW
    return true
  }

  #takeLong(id: number, text: string): boolean {
    const start = this.#arena.add(text)
    if (start === 0) return false
    this.words[id * ROW_WORDS + START_WORD] = start
    this.bytes[id * ROW_BYTES] = IN_ARENA
    return true
  }

  hasText(id: number): boolean {
    return this.bytes[id * ROW_BYTES] !== ELSEWHERE
  }

  /** Whether the text of `id`, which must have one, is `text`. */
  equals(id: number, text: string): boolean {
    const { bytes } = this
    const row = id * ROW_BYTES
    if (bytes[row] !== IN_ROW) return this.#arena.equals(this.words[id * ROW_WORDS + START_WORD], text)
    const { length } = text
    if (bytes[row + LENGTH] !== length) return false
    for (let i = 0; i < length; i++) if (bytes[row + UNITS + i] !== text.charCodeAt(i)) return false
    return true
  }

  /** The text of `id`, which must have one, as a string of its own. */
  textAt(id: number): string {
    const { bytes } = this
    const row = id * ROW_BYTES
    if (bytes[row] !== IN_ROW) return this.#arena.textAt(this.words[id * ROW_WORDS + START_WORD])
    return bytes.latin1Slice(row + UNITS, row + UNITS + bytes[row + LENGTH])
  }

  /** The texts as they lie in memory, good until a key comes or goes; `null` unless all are kept as bytes. */
  textsOf(ids: Int32Array): TextsInBytes | null {
    const { bytes } = this
    const starts = new Uint32Array(ids.length)
    let forms = 0
    for (let i = 0; i < ids.length; i++) {
      const row = ids[i] * ROW_BYTES
      if (bytes[row] === ELSEWHERE) return null
      forms |= bytes[row]
      starts[i] = row + LENGTH
    }
    return forms & IN_ARENA ? this.#together(ids) : { bytes, starts }
  }

  /** Copies of texts of which some stand in the arena. */
  #together(ids: Int32Array): TextsInBytes {
    const starts = new Uint32Array(ids.length)
    const texts: Buffer[] = []
    let end = 0
    for (let i = 0; i < ids.length; i++) {
      const text = this.#countedText(ids[i])
      starts[i] = end
      end += text.length
      texts.push(text)
    }
    return { bytes: Buffer.concat(texts), starts }
  }

  /** The text behind its length, where it lies. */
  #countedText(id: number): Buffer {
    const row = id * ROW_BYTES
    const isShort = this.bytes[row] === IN_ROW
    const bytes = isShort ? this.bytes : this.#arena.bytes
    const start = isShort ? row + LENGTH : this.words[id * ROW_WORDS + START_WORD]
    return bytes.subarray(start, start + 1 + bytes[start])
  }

  hashAt(id: number): number {
    return this.words[id * ROW_WORDS + HASH_WORD]
  }

  markAt(id: number): number {
    return this.bytes[id * ROW_BYTES + MARK]
  }
  setMark(id: number, mark: number): void {
    this.bytes[id * ROW_BYTES + MARK] = mark
  }

  numberAt(id: number): number {
    return this.numbers[id * ROW_NUMBERS + NUMBER]
  }
  setNumber(id: number, value: number): void {
    this.numbers[id * ROW_NUMBERS + NUMBER] = value
  }

  /** Reads a little of each row, see `KeyTable.touch`. */
  touch(ids: Int32Array): number {
    const { words } = this
    let seen = 0
    for (let i = 0; i < ids.length; i++) seen ^= words[ids[i] * ROW_WORDS]
    return seen
  }

  /** Forgets the text of `id`. */
  remove(id: number): void {
    const form = this.bytes[id * ROW_BYTES]
    this.bytes[id * ROW_BYTES] = ELSEWHERE
    if (form === IN_ARENA && this.#arena.remove(this.words[id * ROW_WORDS + START_WORD])) this.#compact()
  }

  /** Moves the texts of the arena together, in order of id. */
  #compact(): void {
    this.#arena.compact((move) => {
      for (let row = 0, at = START_WORD; row < this.bytes.length; row += ROW_BYTES, at += ROW_WORDS)
        if (this.bytes[row] === IN_ARENA) this.words[at] = move(this.words[at])
    })
  }

  clear(): void {
    this.bytes.fill(0)
    this.#arena.clear()
  }

  /** Memory that nobody has written to costs none: the rows of ids that are still to come are not there yet. */
  #grow(rows: number): void {
    const memory = new ArrayBuffer(rows * ROW_BYTES)
    const larger = Buffer.from(memory)
    larger.set(this.bytes)
    this.bytes = larger
    this.words = new Int32Array(memory)
    this.numbers = new Float64Array(memory)
  }
}

/** Longer text stays a string: its length must fit a byte. */
const LENGTH_MAX = 255
/** Beyond this, text stays strings: starts must fit 32 bits, and a copy must fit beside it when it grows. */
const BYTES_MAX = 2 ** 30
/** Below this much garbage nothing is moved. */
const GARBAGE_MIN = 2 ** 16

/**
 * Texts in one piece of memory, each its length in a byte and one byte per code unit. A text is known by where it
 * stands, which is never 0. Holds text of up to 255 latin1 characters; the rest is refused.
 */
class TextArena {
  bytes: Buffer = NO_BYTES
  #end = 1
  #garbage = 0

  /** Where the text stands now; 0: it was not taken in. */
  add(text: string): number {
    const { length } = text
    if (length > LENGTH_MAX || this.#end > BYTES_MAX) return 0
    if (this.#end + 1 + length > this.bytes.length) this.#grow(1 + length)
    const { bytes } = this
    const start = this.#end
    let bits = 0
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      bits |= unit
      bytes[start + 1 + i] = unit
    }
    if (bits > 255) return 0
    bytes[start] = length
    this.#end = start + 1 + length
    return start
  }

  equals(start: number, text: string): boolean {
    const { bytes } = this
    const { length } = text
    if (bytes[start] !== length) return false
    for (let i = 0; i < length; i++) if (bytes[start + 1 + i] !== text.charCodeAt(i)) return false
    return true
  }

  /** The text as a string of its own. */
  textAt(start: number): string {
    return this.bytes.latin1Slice(start + 1, start + 1 + this.bytes[start])
  }

  /** Whether so much of it is garbage now that it should be compacted. */
  remove(start: number): boolean {
    this.#garbage += 1 + this.bytes[start]
    return this.#garbage > GARBAGE_MIN && 2 * this.#garbage > this.#end
  }

  clear(): void {
    this.#end = 1
    this.#garbage = 0
  }

  /** Moves texts together. `moveAll` calls its argument for every text that stays, and is told where it stands then. */
  compact(moveAll: (move: (start: number) => number) => void): void {
    const { bytes } = this
    const moved = Buffer.allocUnsafeSlow(Math.max(1024, 2 * (this.#end - this.#garbage)))
    let end = 1
    moveAll((start) => {
      const at = end
      moved.set(bytes.subarray(start, start + 1 + bytes[start]), at)
      end += 1 + bytes[start]
      return at
    })
    this.bytes = moved
    this.#end = end
    this.#garbage = 0
  }

  #grow(more: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(1024, this.#end + more, 2 * this.bytes.length))
    larger.set(this.bytes.subarray(0, this.#end))
    this.bytes = larger
  }
}
