import { hasCode, type SluiceError } from '../model/errors.ts'
import type { ErrorCode } from '../model/error-codes.ts'

/**
 * What becomes of bytes that a source cannot make a record of:
 *
 * - `fail` (default, as Spark's readers do with broken archives): the batch fails until the file is mended or gone.
 * - `replace`: bytes that are not in the encoding of their line become U+FFFD; everything else fails.
 * - `dead-letter`: the line is left out and kept as a dead letter, with file, offset and first bytes. A file that
 *   cannot be unpacked is one letter, and none of its records are used.
 * - `skip-file`: none of the records of the file are used. Each file is read twice for that.
 */
export type OnDecodeError = 'fail' | 'replace' | 'dead-letter' | 'skip-file'

/** What a source says of bytes that it could not make a record of, when its policy is not to fail. */
export interface Undecoded {
  readonly became: 'replaced' | 'letter' | 'skipped'
  readonly code: ErrorCode
  readonly message: string
  /** The file, or whatever else they were read from. */
  readonly path: string
  /** Where in it the line begins. */
  readonly offset: number
  /** The first of the bytes, at most 1,024 of them. */
  readonly bytes: Uint8Array
  /** It came to a receiver: no reading finds it again, and nobody can mend what it was read from. */
  readonly isReceived?: true
}

/** More bytes than these of one line are not kept. */
const BYTES_MAX = 1024

const CODES: readonly ErrorCode[] = [
  'E_DECODE_UTF8',
  'E_RECORD_TOO_LARGE',
  'E_RECORD_LENGTH',
  'E_FILE_CORRUPT',
  'E_FILE_INFLATE',
  'E_FILE_FORMAT',
]

/** Whether the content of a file is to blame, and not the way to it. */
export const isUndecodable = (error: unknown): error is SluiceError => CODES.some((code) => hasCode(error, code))

export function undecoded(
  became: Undecoded['became'],
  error: SluiceError,
  path: string,
  bytes: Uint8Array = new Uint8Array(),
): Undecoded {
  const { offset } = error.where
  return {
    became,
    code: error.code,
    message: error.message,
    path,
    offset: typeof offset === 'number' ? offset : 0,
    bytes: bytes.slice(0, BYTES_MAX),
  }
}
