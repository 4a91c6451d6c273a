import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { SluiceError } from '../../model/errors.ts'
import type { FileSplit } from '../../source/file-splits.ts'
import type { SourceIo } from '../../source/source.ts'
import { systemCode } from '../../model/system-code.ts'

/** A file that is read where it was listed. Close it. */
export class OpenFile {
  readonly path: string
  readonly #descriptor: number

  /** Throws `E_FILE_GONE`, and `E_FILE_GROWING` where that can be left to a later batch. */
  constructor({ path, size }: FileSplit, io: Pick<SourceIo, 'postpones'> = {}) {
    this.path = path
    try {
      this.#descriptor = openSync(path, 'r')
    } catch (error) {
      throw systemCode(error) === 'ENOENT' ? gone(path) : error
    }
    if (io.postpones && fstatSync(this.#descriptor).size > size) {
      this.close()
      throw growing(path)
    }
  }

  /**
   * Reads from `offset` into the start of `target`, at most `count` bytes and at least one. Throws `E_FILE_CHANGED`
   * past the end.
   */
  read(target: Uint8Array, offset: number, count: number): number {
    const read = readSync(this.#descriptor, target, 0, Math.min(count, target.length), offset)
    if (read === 0) throw changed(this.path, offset)
    return read
  }

  /** The first bytes, fewer where the file is shorter. */
  head(count: number): Uint8Array {
    const bytes = new Uint8Array(count)
    return bytes.subarray(0, readSync(this.#descriptor, bytes, 0, count, 0))
  }

  /** Whether the first `size` bytes end in the middle of a character of UTF-8. */
  endsWithinCharacter(size: number): boolean {
    const bytes = new Uint8Array(Math.min(3, size))
    readSync(this.#descriptor, bytes, 0, bytes.length, size - bytes.length)
    // Where its first byte stands, and how many bytes that says it has.
    const lead = bytes.findLastIndex((byte) => byte >= 0xc0)
    const first = bytes[lead]
    if (first === undefined) return false
    const wanted = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    const rest = bytes.subarray(lead + 1)
    return rest.length + 1 < wanted && rest.every((byte) => byte >= 0x80 && byte < 0xc0)
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

/** How long after its last change a file that cannot be unpacked is taken for one that is not complete yet. */
const SETTLE_MS = 2000

/** Whether somebody has written a file since or, where `now` is given, a moment ago. */
export function changesUntil(path: string, before: Stats | undefined, now: number | null): boolean {
  const after = statSync(path, { throwIfNoEntry: false })
  if (!before || !after) return false
  if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) return true
  return now !== null && isRecent(after, now)
}

const isRecent = ({ mtimeMs }: Stats, now: number): boolean => Math.abs(now - mtimeMs) < SETTLE_MS

/** Whether somebody has written a file a moment ago. */
export function isFresh(path: string, now: number): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && isRecent(stats, now)
}

export const growing = (path: string, cause?: unknown): SluiceError =>
  new SluiceError('E_FILE_GROWING', `${path} is still being written.`, {
    where: { detail: path },
    did: 'none of its records were used; it is read again by a later batch',
    next: ['move files in only when they are complete'],
    retry: true,
    cause,
  })

const gone = (path: string): SluiceError =>
  new SluiceError('E_FILE_GONE', `${path} was there when the batch was made and is gone.`, {
    where: { detail: path },
    did: 'the batch was not completed and is tried again',
    next: ['put the file back under its name', 'keep input files until their batch is committed'],
    retry: true,
  })

const changed = (path: string, offset: number): SluiceError =>
  new SluiceError('E_FILE_CHANGED', `${path} became shorter after the batch was made: it ends at byte ${offset}.`, {
    where: { offset, detail: path },
    did: 'the batch was not completed and is tried again',
    next: ['put the file back as it was', 'write new data to new files, and move files in when they are complete'],
    retry: true,
  })
