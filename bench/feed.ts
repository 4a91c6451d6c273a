import { openSync, readSync } from 'node:fs'
import type { Source } from '../lib/source/source.ts'

const KEY_BYTES = 15
const CHUNK = 8_192

/** Numbers of keys from a file, `perBatch` for each batch, from the beginning again when it ends. */
export class KeyFeed {
  readonly perBatch: number
  readonly #file: number
  readonly #batches: number
  readonly #numbers: Uint32Array

  constructor(path: string, batches: number, perBatch: number) {
    this.perBatch = perBatch
    this.#batches = batches
    this.#file = openSync(path, 'r')
    this.#numbers = new Uint32Array(perBatch)
  }

  /** Key numbers of the batch; overwritten by the next call. */
  numbers(batch: number): Uint32Array {
    const bytes = this.#numbers.byteLength
    readSync(this.#file, new Uint8Array(this.#numbers.buffer), 0, bytes, (batch % this.#batches) * bytes)
    return this.#numbers
  }

  /** The same as new strings, as they come out of a decoder, in chunks. */
  keys(batch: number): string[][] {
    return keyChunks(this.numbers(batch))
  }
}

/** Flat strings of their own: nothing is shared with earlier batches, so that equal keys have to be compared. */
export function keyChunks(numbers: Uint32Array): string[][] {
  const bytes = Buffer.alloc(numbers.length * KEY_BYTES)
  for (let i = 0; i < numbers.length; i++) writeKey(bytes, i * KEY_BYTES, numbers[i])
  const chunks: string[][] = []
  for (let from = 0; from < numbers.length; from += CHUNK) {
    const length = Math.min(CHUNK, numbers.length - from)
    chunks.push(Array.from({ length }, (_, i) => bytes.latin1Slice((from + i) * KEY_BYTES, (from + i + 1) * KEY_BYTES)))
  }
  return chunks
}

function writeKey(bytes: Buffer, at: number, number: number): void {
  bytes[at] = 107
  for (let i = KEY_BYTES - 1; i > 0; i--) {
    bytes[at + i] = 48 + (number % 10)
    number = Math.floor(number / 10)
  }
}

/** Hands the engine what was laid ready before the batch, dealt out to `parts` splits. */
export class ReadySource<T> implements Source<T> {
  readonly name = 'Ready records'
  chunks: readonly (readonly T[])[] = []
  readonly #parts: number

  constructor(parts: number) {
    this.#parts = parts
  }

  async cut({ time }: { readonly time: number }) {
    return { position: time, splits: Array.from({ length: this.#parts }, (_, part) => part), records: null }
  }

  read(split: unknown): readonly (readonly T[])[] {
    return this.chunks.filter((_, i) => i % this.#parts === split)
  }
}
