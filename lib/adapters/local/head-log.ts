import { constants, fstatSync, readSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { SluiceError } from '../../model/errors.ts'
import { chained, decodeRecord, encodeRecord, follows, judge, outgrew, wasChanged } from './head-record.ts'
import type { HeadRecord } from './head-record.ts'

/**
 * One log file as this process sees it. Appending and catching up do not await, so within a process nothing comes
 * between them; between processes the file decides. Only syncing takes time, and only syncing awaits.
 */
export class HeadLog {
  readonly number: number
  readonly #path: string
  readonly #file: FileHandle
  readonly #sync: boolean
  #tip: HeadRecord | null = null
  #sealed = false
  /** Size of the file when it was last looked at. */
  #size = 0
  /** Everything before this offset was read; a record that is not finished begins here. */
  #read = 0
  /** Where the tip ends, and how far the disk holds the file for certain. */
  #tipEnd = 0
  #durable = 0
  #openingEnd = 0
  /** The sync that was begun last, and how far it brings the file to the disk. */
  #syncing: { readonly end: number; readonly done: Promise<void> } | null = null
  #failure: Error | null = null

  /** Throws the system's `ENOENT`. Reads nothing yet. */
  static async open(path: string, number: number, sync: boolean): Promise<HeadLog> {
    return new HeadLog(path, number, sync, await open(path, constants.O_RDWR | constants.O_APPEND))
  }

  /** For who only looks: asks for no right to write, and nothing may be appended. */
  static async openToRead(path: string, number: number): Promise<HeadLog> {
    const file = await open(path, constants.O_RDONLY)
    if (!(await file.stat()).isDirectory()) return new HeadLog(path, number, false, file)
    await file.close()
    // To read from a directory is refused without its path; to open it for writing, with it.
    return new HeadLog(path, number, false, await open(path, constants.O_RDWR))
  }

  private constructor(path: string, number: number, sync: boolean, file: FileHandle) {
    this.#path = path
    this.number = number
    this.#sync = sync
    this.#file = file
  }

  /** The record that holds the register. Only after `catchUp`. */
  get tip(): HeadRecord {
    if (this.#tip === null) throw this.#damaged('holds no valid record')
    return this.#tip
  }

  /** Nothing after the seal counts. */
  get sealed(): boolean {
    return this.#sealed
  }

  /** Whether the tip would survive a power cut. */
  get settled(): boolean {
    return !this.#sync || this.#durable >= this.#tipEnd
  }

  /** Bytes written since the log was opened with its first record. */
  get grown(): number {
    return this.#size - this.#openingEnd
  }

  /**
   * Reads what was appended since the last call and returns the records that became the tip, in order. One `fstat` when
   * there is nothing, or only what this process has just appended.
   */
  catchUp(mine: Appended | null = null): readonly HeadRecord[] {
    if (this.#failure !== null) throw this.#failure
    const { size, nlink } = fstatSync(this.#file.fd)
    if (size < this.#size) throw this.#damaged('is shorter than it was')
    const won = this.#newUpTo(size, mine)
    this.#size = size
    if (this.#tip === null) throw this.#damaged('holds no valid record')
    if (nlink === 0 && !this.#sealed) throw this.#damaged('was deleted while in use')
    return won
  }

  /** Appends in one write, so that no other record lands inside this one, and catches up. */
  append(record: Omit<HeadRecord, 'chain'>): readonly HeadRecord[] {
    const mine = chained(this.tip, record)
    const bytes = encodeRecord(mine)
    let written: number
    try {
      written = writeSync(this.#file.fd, bytes)
    } catch (error) {
      throw this.#unwritten(error)
    }
    // Half a record counts for nobody, and its other half must not follow: somebody may have appended meanwhile.
    if (written < bytes.length) throw this.#unwritten()
    return this.catchUp({ record: mine, length: bytes.length })
  }

  /** Everything that was read before this call is on the disk when it resolves. */
  async sync(): Promise<void> {
    if (this.settled) return
    // The mark of a batch may still be on its way when the next batch asks for it: a second sync would take longer.
    if (this.#syncing === null || this.#syncing.end < this.#tipEnd)
      this.#syncing = { end: this.#read, done: this.#syncTo(this.#read) }
    await this.#syncing.done
  }

  async #syncTo(end: number): Promise<void> {
    try {
      await this.#file.datasync()
    } catch (error) {
      // After a failed sync the system may forget the pages and report success the next time; only a new start can
      // tell.
      this.#failure = new SluiceError('E_HEAD_WRITE', `"${this.#path}" could not be brought to the disk.`, {
        where: { detail: this.#path },
        did: 'whether the last write survives is unknown, so nothing more is written by this process',
        next: ['check the disk, then start again: the log is read from the disk and decides'],
        cause: error,
      })
      throw this.#failure
    }
    this.#durable = Math.max(this.#durable, end)
  }

  /** Waits for syncs that are under way. */
  close(): Promise<void> {
    return this.#file.close()
  }

  #newUpTo(size: number, mine: Appended | null): HeadRecord[] {
    if (size === this.#size) return []
    const isOnlyMine = mine !== null && this.#read === this.#size && size === this.#size + mine.length
    if (!isOnlyMine) return this.#take(this.#bytesUpTo(size))
    this.#read = size
    // It was chained to the tip just now, and nothing came between.
    return this.#accept(mine.record, true) ? [mine.record] : []
  }

  #bytesUpTo(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size - this.#read)
    for (let at = 0; at < bytes.length;) {
      const got = readSync(this.#file.fd, bytes, at, bytes.length - at, this.#read + at)
      if (got === 0) return bytes.subarray(0, at)
      at += got
    }
    return bytes
  }

  #take(bytes: Buffer): HeadRecord[] {
    const won: HeadRecord[] = []
    const start = this.#read
    for (let from = 0, end = bytes.indexOf(newline); end !== -1; from = end + 1, end = bytes.indexOf(newline, from)) {
      const record = end > from ? this.#recordIn(bytes.subarray(from, end)) : null
      this.#read = start + end + 1
      if (record !== null && this.#accept(record)) won.push(record)
    }
    if (outgrew(bytes.subarray(this.#read - start))) throw this.#damaged('ends in a record that was changed')
    return won
  }

  /** `null` for what a crash left, and for what nobody knows. */
  #recordIn(line: Buffer): HeadRecord | null {
    const record = decodeRecord(line)
    if (record === null && !this.#sealed && wasChanged(line)) throw this.#damaged('holds a record that was changed')
    return record
  }

  #accept(record: HeadRecord, isChained = false): boolean {
    if (this.#sealed) return false
    if (this.#tip === null) {
      if (record.kind !== 'open') throw this.#damaged('does not begin with an opening record')
      this.#openingEnd = this.#read
      return this.#advance(record)
    }
    switch (judge(this.#tip, record)) {
      case 'wins':
        if (!isChained && !follows(this.#tip, record))
          throw this.#damaged(`holds a revision ${record.rev} that was exchanged`)
        return this.#advance(record)
      case 'seals':
        this.#sealed = true
        return false
      case 'void':
        return false
      case 'gap':
        throw this.#damaged(`lacks revision ${this.#tip.rev + 1} before revision ${record.rev}`)
    }
  }

  #advance(record: HeadRecord): true {
    this.#tip = record
    this.#tipEnd = this.#read
    return true
  }

  #damaged(what: string): SluiceError {
    this.#failure ??= new SluiceError('E_HEAD_CORRUPT', `The head log "${this.#path}" ${what}.`, {
      where: { detail: `${this.#path}, before byte ${this.#read}` },
      did: 'nothing was written; the file is as it was found',
      next: ['restore the whole directory from a backup', 'start from nothing: move the directory away and run again'],
    })
    return this.#failure as SluiceError
  }

  #unwritten(cause?: unknown): SluiceError {
    return new SluiceError('E_HEAD_WRITE', `"${this.#path}" could not be appended to.`, {
      where: { detail: this.#path },
      did: 'the register is unchanged',
      next: ['check free space and permissions of the disk'],
      retry: true,
      cause,
    })
  }
}

/** What this process has just written. */
interface Appended {
  readonly record: HeadRecord
  /** Of its line in bytes. */
  readonly length: number
}

const newline = 10
