import { Readable, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { isUnpackError, type Packing } from '../codec/packing.ts'
import { framesIn } from '../codec/zstd-frames.ts'
import { SluiceError } from '../model/errors.ts'
import { installed } from '../model/installed.ts'
import { systemCode } from '../model/system-code.ts'

export interface InflateLimits {
  /** Most bytes a packed file may unpack to (default 4 GiB). */
  readonly maxInflatedBytes?: number
  /** Most bytes that a packed byte may become on average, beyond the first 16 MiB (default 400). */
  readonly maxInflateRatio?: number
}

const INFLATED_BYTES_MAX = 2 ** 32
const INFLATE_RATIO_MAX = 400
const RATIO_FREE_BYTES = 2 ** 24

/**
 * The unpacked bytes of a file, piece by piece; several members are one content, zeros at the end of gzip are padding.
 * `packed` are all of its bytes, as they are read. Throws `E_FILE_INFLATE` beyond the limits, `E_FILE_CORRUPT` for a
 * file that is damaged, cut short, or goes on with something else, and `E_MISSING_PACKAGE` where bzip2 has nothing to
 * unpack it.
 */
export async function* inflated(
  { path, packing }: { readonly path: string; readonly packing: Packing },
  packed: AsyncIterable<Uint8Array>,
  limits: InflateLimits,
): AsyncGenerator<Uint8Array> {
  const size = new Size(path, limits)
  try {
    if (packing === 'bzip2') yield* blocksOf(path, packed, size)
    else if (packing === 'gzip') yield* unpackedBy(createGunzip(), packed, size)
    else yield* unpackedFrames(packed, size)
  } catch (error) {
    throw isUnpackError(error) ? corrupt(path, packing, size.total, error) : error
  }
}

async function* unpackedFrames(packed: AsyncIterable<Uint8Array>, size: Size): AsyncGenerator<Uint8Array> {
  const parts = framesIn(packed)
  try {
    for (let part = await parts.next(); !part.done; part = await parts.next())
      yield* unpackedBy(createZstdDecompress(), frame(part.value), size)
  } finally {
    await parts.return(undefined)
  }

  async function* frame({ bytes, ends }: { bytes: Uint8Array; ends: boolean }): AsyncGenerator<Uint8Array> {
    yield bytes
    if (ends) return
    for (let part = await parts.next(); !part.done; part = await parts.next()) {
      yield part.value.bytes
      if (part.value.ends) return
    }
  }
}

async function* unpackedBy(
  unpacker: Transform & { readonly bytesWritten: number },
  pieces: AsyncIterable<Uint8Array>,
  size: Size,
): AsyncGenerator<Uint8Array> {
  const before = size.packed
  const packed = pieces instanceof Readable ? pieces : Readable.from(pieces, { objectMode: false })
  packed.on('error', (error) => unpacker.destroy(error))
  packed.pipe(unpacker)
  try {
    for await (const piece of unpacker as AsyncIterable<Buffer>) {
      size.add(piece.length, before + unpacker.bytesWritten)
      yield piece
    }
  } finally {
    packed.destroy()
    unpacker.destroy()
  }
}

/** All at once: there is no decoder for it that works piece by piece. */
async function* blocksOf(path: string, packed: AsyncIterable<Uint8Array>, size: Size): AsyncGenerator<Uint8Array> {
  const bzip = await bzipFor(path)
  const bytes = Buffer.concat(await Array.fromAsync(packed))
  const pieces = new Pieces((count) => size.add(count, bytes.length))
  bzip.decode(bytes, pieces, true)
  yield* pieces.all()
}

interface BzipDecoder {
  decode(packed: Uint8Array, output: Pieces, multistream: boolean): unknown
}

/** Not a text where it is imported: it is a package of its own, which bundlers need not find. */
const BZIP_PACKAGE: string = 'seek-bzip'

async function bzipFor(path: string): Promise<BzipDecoder> {
  const module = await installed(
    (): Promise<{ readonly default: BzipDecoder }> => import(BZIP_PACKAGE),
    (cause) =>
      new SluiceError('E_FILE_FORMAT', `${path} is a bzip2 file, and there is nothing here to unpack it with.`, {
        where: { detail: path },
        did: 'the batch was not completed',
        next: [`npm i ${BZIP_PACKAGE}`],
        cause,
      }),
  )
  return module.default
}

/** Takes what the decoder of bzip2 gives, byte by byte. */
class Pieces {
  readonly #full: Buffer[] = []
  readonly #count: (bytes: number) => void
  #piece = Buffer.allocUnsafe(PIECE_BYTES)
  #at = 0

  constructor(count: (bytes: number) => void) {
    this.#count = count
  }

  writeByte(byte: number): void {
    this.#piece[this.#at++] = byte
    if (this.#at === PIECE_BYTES) this.#next()
  }

  all(): readonly Buffer[] {
    if (this.#at > 0) this.#next()
    return this.#full
  }

  #next(): void {
    this.#count(this.#at)
    this.#full.push(this.#piece.subarray(0, this.#at))
    this.#piece = Buffer.allocUnsafe(PIECE_BYTES)
    this.#at = 0
  }
}

const PIECE_BYTES = 1 << 20

/** How much has been unpacked, and whether that is within the limits. */
class Size {
  total = 0
  /** So many bytes of the file that came to. */
  packed = 0
  readonly #path: string
  readonly #bytesMax: number
  readonly #ratioMax: number

  constructor(path: string, { maxInflatedBytes, maxInflateRatio }: InflateLimits) {
    this.#path = path
    this.#bytesMax = maxInflatedBytes ?? INFLATED_BYTES_MAX
    this.#ratioMax = maxInflateRatio ?? INFLATE_RATIO_MAX
  }

  add(bytes: number, packed: number): void {
    this.total += bytes
    this.packed = packed
    const overRatio = this.total > RATIO_FREE_BYTES && this.total > this.#ratioMax * packed
    if (this.total <= this.#bytesMax && !overRatio) return
    const limit = overRatio ? `${this.#ratioMax} times its size` : `${this.#bytesMax} bytes`
    throw new SluiceError('E_FILE_INFLATE', `${this.#path} unpacks to more than ${limit}.`, {
      where: { detail: this.#path },
      did: 'the batch was not completed',
      next: [
        'remove the file if it is not meant to be so large',
        `raise ${overRatio ? 'maxInflateRatio' : 'maxInflatedBytes'}`,
      ],
    })
  }
}

/** Whether the file may have ended before its content did, as that of a writer does that is not done. */
export const isCutShort = ({ cause }: Error): boolean =>
  // The decoder of bzip2 reads on behind the end, and then finds anything.
  systemCode(cause) === 'Z_BUF_ERROR' || (cause instanceof Error && 'errorCode' in cause)

const corrupt = (path: string, packing: Packing, total: number, cause: Error): SluiceError =>
  new SluiceError(
    'E_FILE_CORRUPT',
    `${path} is not a complete ${packing} file: ${cause.message} after ${total} unpacked bytes.`,
    {
      where: { detail: path },
      did: 'none of its records were used',
      next: [
        'put a complete file in its place, with the same name',
        "go on without it: onDecodeError: 'dead-letter', or 'skip-file'",
        'move files in only when they are complete',
      ],
      cause,
    },
  )
