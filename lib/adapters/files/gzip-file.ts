import { systemCode } from '../../model/system-code.ts'
import { createReadStream } from 'node:fs'
import { createGunzip, type Gunzip } from 'node:zlib'
import { SluiceError } from '../../model/errors.ts'

export interface InflateLimits {
  /** Most bytes a gzip file may unpack to (default 4 GiB). */
  readonly maxInflatedBytes?: number
  /** Most bytes that a packed byte may become on average, beyond the first 16 MiB (default 400). */
  readonly maxInflateRatio?: number
}

const INFLATED_BYTES_MAX = 2 ** 32
const INFLATE_RATIO_MAX = 400
const RATIO_FREE_BYTES = 2 ** 24

export const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b

/**
 * The unpacked bytes of a gzip file, piece by piece; several members are one content, zeros at the end are padding.
 * Throws `E_FILE_INFLATE` beyond the limits, `E_FILE_CORRUPT` for a file that is damaged, cut short, or goes on with
 * something else.
 */
export async function* inflated(path: string, limits: InflateLimits): AsyncGenerator<Buffer> {
  const packed = createReadStream(path)
  const gunzip = createGunzip()
  packed.on('error', (error) => gunzip.destroy(error))
  packed.pipe(gunzip)
  let total = 0
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      total += piece.length
      checkSize(path, total, gunzip, limits)
      yield piece
    }
  } catch (error) {
    throw isDataError(error) ? corrupt(path, total, error) : error
  } finally {
    packed.destroy()
    gunzip.destroy()
  }
}

function checkSize(path: string, total: number, gunzip: Gunzip, limits: InflateLimits): void {
  const { maxInflatedBytes = INFLATED_BYTES_MAX, maxInflateRatio = INFLATE_RATIO_MAX } = limits
  const overRatio = total > RATIO_FREE_BYTES && total > maxInflateRatio * gunzip.bytesWritten
  if (total <= maxInflatedBytes && !overRatio) return
  const limit = overRatio ? `${maxInflateRatio} times its size` : `${maxInflatedBytes} bytes`
  throw new SluiceError('E_FILE_INFLATE', `${path} unpacks to more than ${limit}.`, {
    where: { detail: path },
    did: 'the batch was not completed',
    next: [
      'remove the file if it is not meant to be so large',
      `raise ${overRatio ? 'maxInflateRatio' : 'maxInflatedBytes'}`,
    ],
  })
}

const isDataError = (error: unknown): error is Error => systemCode(error)?.startsWith('Z_') ?? false

const corrupt = (path: string, total: number, cause: Error): SluiceError =>
  new SluiceError(
    'E_FILE_CORRUPT',
    `${path} is not a complete gzip file: ${cause.message} after ${total} unpacked bytes.`,
    {
      where: { detail: path },
      did: 'none of its records were used',
      next: ['put a complete file in its place, with the same name', 'move files in only when they are complete'],
      cause,
    },
  )
