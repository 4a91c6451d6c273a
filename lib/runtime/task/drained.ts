import type { BlobStore } from '../../host/blob-store.ts'

export interface Drained {
  readonly blobs: BlobStore
  /** Resolves when no call is under way any more. */
  settled(): Promise<void>
}

/**
 * A blob store that remembers which of its calls are under way, and tells which fail. A task that answers while one of
 * them is leaves it to whoever the process works for next: on Lambda it would freeze with the process and go on within
 * another invocation.
 */
export function drained(blobs: BlobStore, failed: (error: unknown) => void): Drained {
  const open = new Set<Promise<unknown>>()
  const watched = <R>(call: Promise<R>): Promise<R> => {
    open.add(call)
    call.then(
      () => open.delete(call),
      (error: unknown) => {
        open.delete(call)
        failed(error)
      },
    )
    return call
  }
  return {
    blobs: {
      putNew: (key, bytes) => watched(blobs.putNew(key, bytes)),
      get: (key) => watched(blobs.get(key)),
      getRange: (key, offset, length) => watched(blobs.getRange(key, offset, length)),
      list: (prefix) => watched(blobs.list(prefix)),
      delete: (key) => watched(blobs.delete(key)),
    },
    async settled() {
      while (open.size > 0) await Promise.allSettled(open)
    },
  }
}
