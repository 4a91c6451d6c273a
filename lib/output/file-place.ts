/** A folder that files are put into, each whole or not at all: on this machine, in HDFS, or below a prefix in S3. */
export interface FilePlace {
  /** As a user knows it. */
  readonly shown: string
  /** Loads what it needs, and opens nothing. */
  ready(): Promise<unknown>
  /** `null`: there is no such file. */
  read(name: string): Promise<Uint8Array | null>
  /** Replaces what has this name. When it resolves, the bytes survive what the place survives. */
  put(name: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>
  /** The same, only that what has this name already stays. */
  putFirst(name: string, bytes: Uint8Array): Promise<void>
  /** The lengths of those of `names` that are there; `names` rise, and begin with `prefix`. */
  sizes(names: readonly string[], prefix: string): Promise<ReadonlyMap<string, number>>
}
