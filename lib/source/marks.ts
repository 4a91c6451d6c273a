import { hash } from 'node:crypto'
import type { ListedFile } from './file-selection.ts'

/** What stands for a file among millions: 72 bits of a hash, so that two that look alike are less likely than 10^-9. */
export type Mark = Uint8Array

export const MARK_BYTES = 9

/** What a file is known by: its content as it is, and where contents have no identities its name as well. */
export function marksOf({ path, mtimeMs, size, etag }: ListedFile): readonly Mark[] {
  const content = markOf(`${path}\0${etag ?? mtimeMs}\0${size}`)
  return etag === undefined ? [content, markOf(path)] : [content]
}

const markOf = (text: string): Mark => hash('sha256', text, 'buffer').subarray(0, MARK_BYTES)

/** As it stands in a position. */
export const textOfMark = (mark: Mark): string =>
  Buffer.from(mark.buffer, mark.byteOffset, mark.length).toString('base64url')

/** Marks that are added one by one, nine bytes each. */
export class MarkList {
  count = 0
  #bytes = Buffer.alloc(0)

  add(mark: Uint8Array): void {
    this.addAll(mark)
  }

  /** Any number of them, one behind the other. */
  addAll(marks: Uint8Array): void {
    const end = this.count * MARK_BYTES + marks.length
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.#bytes.length, 256 * MARK_BYTES))
      larger.set(this.bytes)
      this.#bytes = larger
    }
    this.#bytes.set(marks, this.count * MARK_BYTES)
    this.count = end / MARK_BYTES
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.count * MARK_BYTES)
  }
}

const firstBits = ([a, b, c, d]: Mark): number => ((a << 24) | (b << 16) | (c << 8) | d) >>> 0

/** Marks that are looked up: ten bytes each, grouped by their first bits. */
export class MarkTable {
  readonly count: number
  readonly #shift: number
  /** Where each group begins; the last entry is the end of the last one. */
  readonly #starts: Uint32Array
  readonly #bytes: Buffer

  /** `bytes`: marks in any order. */
  constructor(bytes: Uint8Array) {
    this.count = bytes.length / MARK_BYTES
    const bits = Math.max(1, Math.ceil(Math.log2(Math.max(1, this.count / 4))))
    this.#shift = 32 - bits
    this.#starts = new Uint32Array(2 ** bits + 1)
    this.#bytes = Buffer.allocUnsafeSlow(bytes.length)
    this.#group(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  }

  has(mark: Mark): boolean {
    const group = firstBits(mark) >>> this.#shift
    for (let i = this.#starts[group]; i < this.#starts[group + 1]; i++)
      if (this.#isAt(i * MARK_BYTES, mark)) return true
    return false
  }

  /** From the end: those of a group begin alike. */
  #isAt(at: number, mark: Mark): boolean {
    for (let i = MARK_BYTES - 1; i >= 0; i--) if (this.#bytes[at + i] !== mark[i]) return false
    return true
  }

  #group(marks: Buffer): void {
    const groups = this.#starts.length - 1
    for (let at = 0; at < marks.length; at += MARK_BYTES) this.#starts[(marks.readUInt32BE(at) >>> this.#shift) + 1]++
    for (let group = 0; group < groups; group++) this.#starts[group + 1] += this.#starts[group]
    const free = this.#starts.slice(0, groups)
    for (let at = 0; at < marks.length; at += MARK_BYTES) {
      const group = marks.readUInt32BE(at) >>> this.#shift
      marks.copy(this.#bytes, free[group]++ * MARK_BYTES, at, at + MARK_BYTES)
    }
  }
}
