import { SluiceError } from '../model/errors.ts'
import { systemCode } from '../model/system-code.ts'

/** How a file is packed. */
export type Packing = 'gzip' | 'zstd' | 'bzip2'

/** How many first bytes tell. */
export const MAGIC_BYTES = 4

/** How a file is packed, by its first bytes, whatever its name; `null`: it is not. */
export function packingOf(head: Uint8Array): Packing | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd'
  // `BZh` and the size of its blocks.
  if (head[0] === 0x42 && head[1] === 0x5a && head[2] === 0x68 && head[3] >= 0x31 && head[3] <= 0x39) return 'bzip2'
  return null
}

/** Whether its name says that a file is packed, so that it cannot be cut into splits. */
export const isNamedPacked = (path: string): boolean => ['.gz', '.zst', '.bz2'].some((end) => path.endsWith(end))

/** What zlib and the decoder of bzip2 throw for what they are given; everything else is the system's. */
export const isUnpackError = (error: unknown): error is Error =>
  error instanceof Error &&
  !(error instanceof SluiceError) &&
  (systemCode(error)?.startsWith('Z') ?? 'errorCode' in error)
