/**
 * Immutable objects under names that no other process can produce. Written once, read by reference, deleted only by the
 * sweep.
 */
export interface BlobStore {
  /**
   * Durable when resolved. Throws `E_BLOB_EXISTS` when the name is taken: names are unique, so that is a bug, never a
   * race. The bytes belong to the store from the call on: one of another thread takes them away.
   */
  putNew(key: string, bytes: Uint8Array): Promise<void>
  /**
   * Keeps what makes the bytes, and asks it when somebody reads them. `bytesOf` must give the same at each call. Only
   * stores whose objects live and die with the process that writes them have this. Throws `E_BLOB_EXISTS`.
   */
  putUnwritten?(key: string, bytesOf: () => Uint8Array): Promise<void>
  /** The whole object. Throws `E_BLOB_MISSING`. The caller must not change the bytes. */
  get(key: string): Promise<Uint8Array>
  /** `length` bytes from `offset`. Throws `E_BLOB_MISSING`, or `E_BLOB_RANGE` when the object is shorter. */
  getRange(key: string, offset: number, length: number): Promise<Uint8Array>
  /** Names that start with `prefix`, sorted by bytes. Strongly consistent. */
  list(prefix: string): Promise<string[]>
  /** Deleting what is not there is not an error. */
  delete(key: string): Promise<void>
}

/** The part of a store that looking takes. */
export type BlobReader = Pick<BlobStore, 'get' | 'getRange'>
