import { promisify } from 'node:util'
import { gzip, zstdCompress } from 'node:zlib'

/** How files are packed. `snappy` is for Parquet alone, which packs its own pages. */
export type FileCompression = 'none' | 'gzip' | 'zstd' | 'snappy'

interface Packing {
  /** Behind the name of the format. */
  readonly extension: string
  pack(bytes: Uint8Array): Promise<Uint8Array>
}

/** Files that are packed whole. The same bytes always come to the same. */
export const packings: Readonly<Record<Exclude<FileCompression, 'snappy'>, Packing>> = {
  none: { extension: '', pack: (bytes) => Promise.resolve(bytes) },
  gzip: { extension: '.gz', pack: promisify<Uint8Array, Uint8Array>(gzip) },
  zstd: { extension: '.zst', pack: promisify<Uint8Array, Uint8Array>(zstdCompress) },
}
