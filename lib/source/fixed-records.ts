import { SluiceError } from '../model/errors.ts'
import type { FileSplit } from './file-splits.ts'

/** Throws `E_RECORD_LENGTH` for what cannot be the length of a record. */
export function checkRecordLength(length: number): void {
  if (Number.isInteger(length) && length >= 1) return
  throw new SluiceError(
    'E_RECORD_LENGTH',
    `The record length is ${length}; it must be a whole number of bytes, at least 1.`,
    { did: 'nothing was started', next: ['pass the length of one record in bytes'] },
  )
}

/** Throws `E_RECORD_LENGTH` for a file that does not hold a whole number of records. */
export function checkFileLength({ path, size }: FileSplit, length: number): void {
  if (size % length === 0) return
  throw new SluiceError(
    'E_RECORD_LENGTH',
    `${path} has ${size} bytes, which is not a multiple of the record length ${length}.`,
    {
      where: { offset: size - (size % length), detail: path },
      did: 'none of its records were read',
      next: ['check the record length', 'move files in only when they are complete'],
      spark: 'IllegalArgumentException',
    },
  )
}

/** Cuts bytes that arrive in pieces into records of one length, each in memory of its own. */
export class FixedRecords {
  readonly #length: number
  /** The start of a record whose end has not come. */
  #held: Uint8Array = new Uint8Array()

  constructor(length: number) {
    this.#length = length
  }

  push(piece: Uint8Array): Uint8Array[] {
    const length = this.#length
    const bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece])
    const count = Math.floor(bytes.length / length)
    this.#held = new Uint8Array(bytes.subarray(count * length))
    return Array.from({ length: count }, (_, i) => new Uint8Array(bytes.subarray(i * length, (i + 1) * length)))
  }
}
