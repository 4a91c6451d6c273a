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
export class TextArena {
  bytes: Buffer = Buffer.allocUnsafeSlow(16)
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
