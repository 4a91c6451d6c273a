import type { BlobStore } from '../../host/blob-store.ts'
import { blobExists, blobMissing, blobRange, inRange } from './blob-errors.ts'
import { blobKey, blobPrefix } from './blob-key.ts'

/** Objects that live as long as this one. Stored bytes are a copy; what `get` returns is the stored copy itself. */
export class MemoryBlobStore implements BlobStore {
  /** An object that nobody has read yet may still be what makes its bytes. */
  readonly #objects = new Map<string, Uint8Array | (() => Uint8Array)>()
  #bytes = 0
  #puts = 0

  /** `objects` held now, `bytes` of those written; `puts` that succeeded since the start, deleted ones included. */
  get counts(): BlobCounts {
    return { objects: this.#objects.size, bytes: this.#bytes, puts: this.#puts }
  }

  async putNew(key: string, bytes: Uint8Array): Promise<void> {
    if (this.#objects.has(blobKey(key))) throw blobExists(key)
    this.#objects.set(key, new Uint8Array(bytes))
    this.#bytes += bytes.length
    this.#puts++
  }

  async putUnwritten(key: string, bytesOf: () => Uint8Array): Promise<void> {
    if (this.#objects.has(blobKey(key))) throw blobExists(key)
    this.#objects.set(key, bytesOf)
    this.#puts++
  }

  async get(key: string): Promise<Uint8Array> {
    return this.#object(key)
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array> {
    const bytes = this.#object(key)
    if (!inRange(offset, length, bytes.length)) throw blobRange(key, offset, length, bytes.length)
    return bytes.subarray(offset, offset + length)
  }

  async list(prefix: string): Promise<string[]> {
    blobPrefix(prefix)
    return [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort()
  }

  async delete(key: string): Promise<void> {
    const object = this.#objects.get(blobKey(key))
    if (typeof object === 'object') this.#bytes -= object.length
    this.#objects.delete(key)
  }

  #object(key: string): Uint8Array {
    const object = this.#objects.get(blobKey(key))
    if (object === undefined) throw blobMissing(key)
    if (typeof object === 'object') return object
    const bytes = object()
    this.#objects.set(key, bytes)
    this.#bytes += bytes.length
    return bytes
  }
}

interface BlobCounts {
  readonly objects: number
  readonly bytes: number
  readonly puts: number
}
