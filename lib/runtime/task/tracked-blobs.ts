import type { BlobStore } from '../../host/blob-store.ts'
import { isOurs, SluiceError, wordsOf } from '../../model/errors.ts'

interface TrackedBlobs {
  readonly blobs: BlobStore
  /** Resolves when no call is under way any more. */
  settled(): Promise<void>
}

/**
 * A blob store that remembers which of its calls are under way. A task that answers while one of them is leaves it to
 * whoever the process works for next: on Lambda it would freeze with the process and go on within another invocation.
 * Whatever a store throws leaves here as the store's fault. No call begins after `signal` aborts.
 */
export function trackedBlobs(blobs: BlobStore, signal?: AbortSignal): TrackedBlobs {
  const open = new Set<Promise<unknown>>()
  const tracked = async <R>(begin: () => Promise<R>): Promise<R> => {
    signal?.throwIfAborted()
    const call = begin()
    open.add(call)
    try {
      return await call
    } catch (error) {
      throw asStoreFault(error)
    } finally {
      open.delete(call)
    }
  }
  return {
    blobs: {
      putNew: (key, bytes) => tracked(() => blobs.putNew(key, bytes)),
      ...(blobs.putUnwritten
        ? { putUnwritten: (key, bytesOf) => tracked(() => blobs.putUnwritten!(key, bytesOf)) }
        : undefined),
      get: (key) => tracked(() => blobs.get(key)),
      getRange: (key, offset, length) => tracked(() => blobs.getRange(key, offset, length)),
      list: (prefix) => tracked(() => blobs.list(prefix)),
      delete: (key) => tracked(() => blobs.delete(key)),
    },
    async settled() {
      while (open.size > 0) await Promise.allSettled(open)
    },
  }
}

/** What a store threw, of whatever class: anybody can write a store. */
export function asStoreFault(error: unknown): SluiceError {
  if (isOurs(error)) return error
  return new SluiceError('E_BLOB_UNREACHABLE', `The blob store failed: ${wordsOf(error)}`, {
    retry: true,
    cause: error,
  })
}
