/** Longer text stays a string: its length must fit a byte. */
const LENGTH_MAX = 255
/** Beyond this, text stays strings: starts must fit 32 bits, and a copy must fit beside it when it grows. */
const BYTES_MAX = 2 ** 30
/** Below this much garbage nothing is moved. */
const GARBAGE_MIN = 2 ** 16

/**
 * Texts by id, one byte per code unit, in one piece of memory: a million of them are one object for the garbage
 * collector, and to compare or to write one takes no step to a string elsewhere on the heap. Holds text of up to 255
 * latin1 characters; the rest is refused.
 */
export class TextArena {
  /** Each text is its length and its units. */
  bytes: Buffer = Buffer.allocUnsafeSlow(1024)
  /** Where the length of an id's text stands; 0: the id has no text here. */
  starts: Uint32Array = new Uint32Array(64)
  #end = 1
  #garbage = 0

  /** Whether the text was taken in for `id`, which must not have one. */
  add(id: number, text: string): boolean {
    const { length } = text
    if (length > LENGTH_MAX || this.#end > BYTES_MAX) return false
    if (this.#end + 1 + length > this.bytes.length) this.#growBytes()
    const { bytes } = this
    const start = this.#end
    let bits = 0
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      bits |= unit
      bytes[start + 1 + i] = unit
    }
    if (bits > 255) return false
    bytes[start] = length
    if (id >= this.starts.length) this.#growStarts(id)
    this.starts[id] = start
    this.#end = start + 1 + length
    return true
  }

  has(id: number): boolean {
    return id < this.starts.length && this.starts[id] !== 0
  }

  /** Whether the text of `id`, which must have one, is `text`. */
  equals(id: number, text: string): boolean {
    const { bytes } = this
    const start = this.starts[id]
    const { length } = text
    if (bytes[start] !== length) return false
    for (let i = 0; i < length; i++) if (bytes[start + 1 + i] !== text.charCodeAt(i)) return false
    return true
  }

  /** The text of `id`, which must have one, as a string of its own. */
  textAt(id: number): string {
    const start = this.starts[id]
    return this.bytes.latin1Slice(start + 1, start + 1 + this.bytes[start])
  }

  /** Reads a little of each text, see `KeyTable.touch`. */
  touch(ids: Int32Array): number {
    const { bytes, starts } = this
    let seen = 0
    for (let i = 0; i < ids.length; i++) if (ids[i] < starts.length) seen ^= bytes[starts[ids[i]]]
    return seen
  }

  remove(id: number): void {
    if (!this.has(id)) return
    this.#garbage += 1 + this.bytes[this.starts[id]]
    this.starts[id] = 0
    if (this.#garbage > GARBAGE_MIN && 2 * this.#garbage > this.#end) this.#compact()
  }

  clear(): void {
    this.starts.fill(0)
    this.#end = 1
    this.#garbage = 0
  }

  /** Moves the texts together, in order of id. */
  #compact(): void {
    const { bytes, starts } = this
    const moved = Buffer.allocUnsafeSlow(Math.max(1024, 2 * (this.#end - this.#garbage)))
    let end = 1
    for (let id = 0; id < starts.length; id++) {
      const start = starts[id]
      if (start === 0) continue
      const next = start + 1 + bytes[start]
      moved.set(bytes.subarray(start, next), end)
      starts[id] = end
      end += next - start
    }
    this.bytes = moved
    this.#end = end
    this.#garbage = 0
  }

  #growBytes(): void {
    const larger = Buffer.allocUnsafeSlow(2 * this.bytes.length)
    larger.set(this.bytes.subarray(0, this.#end))
    this.bytes = larger
  }

  #growStarts(id: number): void {
    const larger = new Uint32Array(Math.max(id + 1, 2 * this.starts.length))
    larger.set(this.starts)
    this.starts = larger
  }
}
