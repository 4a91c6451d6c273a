import { parseKey } from '../../checkpoint/object-keys.ts'
import type { BlobStore } from '../../host/blob-store.ts'

/**
 * The description of the graph that has made the last batch, as this process has read it: every invocation compares it
 * with its program, and an object is written once. Whoever has its reference still compares length and checksum.
 */
export class KnownGraph {
  #key = ''
  #bytes: Promise<Uint8Array> | null = null

  /** The same store, of which that object is read once. */
  remembering(blobs: BlobStore): BlobStore {
    return {
      putNew: (key, bytes) => blobs.putNew(key, bytes),
      get: (key) => {
        if (parseKey(key)?.kind === 'graph') return this.#read(key, blobs)
        return blobs.get(key)
      },
      getRange: (key, offset, length) => blobs.getRange(key, offset, length),
      list: (prefix) => blobs.list(prefix),
      delete: (key) => blobs.delete(key),
    }
  }

  async #read(key: string, blobs: BlobStore): Promise<Uint8Array> {
    if (key !== this.#key || this.#bytes === null) [this.#key, this.#bytes] = [key, blobs.get(key)]
    try {
      return await this.#bytes
    } catch (error) {
      this.#bytes = null
      throw error
    }
  }
}
