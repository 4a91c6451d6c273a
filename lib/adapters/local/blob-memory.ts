import type { BlobStore } from '../../host/blob-store.ts'
import { blobExists, blobMissing, blobRange, inRange } from './blob-errors.ts'
import { blobKey, blobPrefix } from './blob-key.ts'

/** Objects that live as long as this one. Stored bytes are a copy; what `get` returns is the stored copy itself. */
export class MemoryBlobStore implements BlobStore {
  readonly #objects = new Map<string, Uint8Array>()
  #bytes = 0
  #puts = 0

  /** `objects` and `bytes` held now; `puts` that succeeded since the start, deleted ones included. */
  get counts(): BlobCounts {
    return { objects: this.#objects.size, bytes: this.#bytes, puts: this.#puts }
  }

  async putNew(key: string, bytes: Uint8Array): Promise<void> {
    if (this.#objects.has(blobKey(key))) throw blobExists(key)
    this.#objects.set(key, new Uint8Array(bytes))
    this.#bytes += bytes.length
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
    this.#bytes -= this.#objects.get(blobKey(key))?.length ?? 0
    this.#objects.delete(key)
  }

  #object(key: string): Uint8Array {
    const bytes = this.#objects.get(blobKey(key))
    if (bytes === undefined) throw blobMissing(key)
    return bytes
  }
}

interface BlobCounts {
  readonly objects: number
  readonly bytes: number
  readonly puts: number
}
