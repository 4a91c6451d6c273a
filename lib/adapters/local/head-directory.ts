import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { HeadStore, HeadWrite, Versioned } from '../../host/head-store.ts'
import { SluiceError } from '../../model/errors.ts'
import { makeFolder, syncFolder } from './folder.ts'
import { systemCode } from '../../model/system-code.ts'
import { HeadLog } from './head-log.ts'
import { chained, encodeRecord, type HeadRecord } from './head-record.ts'
import { SameFolder } from './same-folder.ts'
import { NewFiles, removeFile } from './new-files.ts'
import { systemRandom } from './system-random.ts'

/*
 * A register made of an append-only log, for any number of processes on one machine and without locks.
 *
 *  1. A swap appends one record. The first valid record of a revision, in file order, is that revision; all others
 *     are void. Who appended reads the log to learn whether it was first.
 *  2. Nothing is shown before it is on the disk, and nobody builds on what is not: a hole in the revisions is damage.
 *  3. A log that has grown is ended by a seal: every record behind it is void. What comes next follows from the
 *     sealed log alone, so whoever meets the seal first makes the next log, and of two who make it one finds the name
 *     taken by an equal file.
 *  4. The log with the highest number is the register. After opening one, the names are read again: a process that
 *     slept may just have made a log again that others sealed and deleted long ago, and only its number tells.
 *
 * Appends must be atomic, which local file systems guarantee and NFS does not.
 */

/** How a directory head writes. @testing Options are passed through by name in tests. */
export interface DirectoryHeadOptions {
  /**
   * Whether a write survives a power cut once `cas` resolved (default true). Without, it survives the crash of a
   * process only.
   */
  readonly sync?: boolean
  /**
   * Bytes a log may grow before the next one is begun (default 8 MiB). Two logs are kept, so history goes back at least
   * this far.
   */
  readonly logBytesMax?: number
}

/**
 * Opens or creates the register in `dir`. Throws `E_HEAD_CORRUPT` if the log there cannot be read; foreign files are
 * ignored.
 */
export const openDirectoryHead = async <Value>(
  dir: string,
  options: DirectoryHeadOptions = {},
): Promise<DirectoryHeadStore<Value>> => {
  const { sync = true, logBytesMax = 8 * 1024 * 1024 } = options
  await makeFolder(dir, sync)
  const place: Place = { dir, sync, logBytesMax, newFiles: await NewFiles.open(join(dir, 'tmp'), sync) }
  return new DirectoryHeadStore<Value>(place, await openNewest(place))
}

/**
 * The register as of now, for who only looks: writes nothing, holds nothing, and needs no right to write. `null` where
 * there is none. Throws `E_HEAD_CORRUPT`.
 */
export const readDirectoryHead = async <Value>(dir: string): Promise<Versioned<Value> | null> => {
  for (;;) {
    const number = newestNumber(dir)
    if (number === 0) return null
    const log = await unlessGone(HeadLog.openToRead(logPath(dir, number), number))
    if (log === null) continue
    try {
      log.catchUp()
      const { rev, text } = log.tip
      // A log that was followed by another meanwhile may be an old one that a sleeper made again.
      if (newestNumber(dir) === number) return rev === 0 ? null : { rev, value: parsed<Value>(dir, rev, text) }
    } finally {
      await log.close()
    }
  }
}

/** A head in a directory: `openDirectoryHead` makes one. */
export class DirectoryHeadStore<Value> implements HeadStore<Value> {
  readonly #place: Place
  readonly #folder: SameFolder
  readonly #writer = systemRandom.newId()
  #log: HeadLog
  #moving: Promise<void> | null = null
  #closed = false

  constructor(place: Place, log: HeadLog) {
    this.#place = place
    this.#folder = new SameFolder(place.dir)
    this.#log = log
  }

  async read(): Promise<Versioned<Value> | null> {
    await this.#follow()
    const { rev, text } = this.#log.tip
    await this.#log.sync()
    return rev === 0 ? null : { rev, value: parsed<Value>(this.#place.dir, rev, text) }
  }

  async cas(
    expected: number,
    value: Value,
    cause: string,
    durable: 'now' | 'soon' = 'now',
  ): Promise<'written' | 'refused'> {
    const record: Omit<HeadRecord, 'chain'> = {
      kind: 'write',
      rev: expected + 1,
      cause,
      writer: this.#writer,
      text: JSON.stringify(value),
    }
    for (;;) {
      await this.#follow()
      // Between here and the append nothing awaits: in this process the revision cannot change in between.
      const log = this.#log
      if (log.tip.rev !== expected) return 'refused'
      if (!log.settled) await log.sync()
      else if (log.grown > this.#place.logBytesMax) log.append(sealOf(log.tip, this.#writer))
      else {
        const winner = log.append(record).find(({ rev }) => rev === record.rev)
        if (winner === undefined) continue // behind a seal: once more in the next log
        if (winner.writer !== this.#writer) return 'refused'
        const synced = log.sync()
        if (durable === 'now') await synced
        else synced.catch(() => {}) // the next write meets the failure
        return 'written'
      }
    }
  }

  /** All writes still in the logs, oldest first. The first is revision 1 until the second compaction. */
  async history(): Promise<HeadWrite<Value>[]> {
    await this.read()
    const writes: HeadWrite<Value>[] = []
    for (const { rev, cause, text } of await recordsOf(this.#place)) {
      if (rev > (writes.at(-1)?.rev ?? 0)) writes.push({ rev, cause, value: parsed<Value>(this.#place.dir, rev, text) })
    }
    return writes
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#moving
    await this.#log.close()
  }

  /** Brings `#log` up to date, through as many logs as it takes. */
  async #follow(): Promise<void> {
    assert(!this.#closed, 'the head store is open')
    this.#folder.check()
    if (!this.#log.sealed) this.#log.catchUp()
    while (this.#log.sealed) {
      this.#moving ??= this.#move().finally(() => {
        this.#moving = null
      })
      await this.#moving
      if (!this.#log.sealed) this.#log.catchUp()
    }
  }

  async #move(): Promise<void> {
    const sealed = this.#log
    await sealed.sync()
    if (newestNumber(this.#place.dir) === sealed.number) await makeLog(this.#place, sealed.number + 1, sealed.tip)
    this.#log = await openNewest(this.#place)
    await sealed.close()
    for (const number of logNumbers(this.#place.dir))
      if (number < this.#log.number - 1) removeFile(logPath(this.#place.dir, number))
  }
}

interface Place {
  readonly dir: string
  readonly sync: boolean
  readonly logBytesMax: number
  readonly newFiles: NewFiles
}

/** A checksum fits whatever it was computed of, and the words of the parser would quote it. */
function parsed<Value>(dir: string, rev: number, text: string): Value {
  try {
    return JSON.parse(text) as Value
  } catch {
    throw new SluiceError('E_HEAD_CORRUPT', `What stands at revision ${rev} of the head log in "${dir}" is not JSON.`, {
      where: { detail: dir },
      did: 'nothing was written; the file is as it was found',
      next: ['restore the whole directory from a backup', 'start from nothing: move the directory away and run again'],
    })
  }
}

const blank = chained(null, { kind: 'open', rev: 0, cause: 'create', writer: '', text: 'null' })
const sealOf = (tip: HeadRecord, writer: string): Omit<HeadRecord, 'chain'> => ({
  kind: 'seal',
  rev: tip.rev,
  cause: 'compact',
  writer,
  text: 'null',
})

const openNewest = async (place: Place): Promise<HeadLog> => {
  for (;;) {
    const number = newestNumber(place.dir) || (await makeLog(place, 1, blank))
    const log = await openLog(place, number)
    if (log === null) continue
    try {
      if (newestNumber(place.dir) === number) {
        log.catchUp()
        // Who made the file may have crashed before its name was on the disk.
        if (place.sync) await syncFolder(place.dir)
        return log
      }
    } catch (error) {
      await log.close()
      throw error
    }
    await log.close()
  }
}

/** If another process made it first, it made the same one. */
const makeLog = async (place: Place, number: number, tip: HeadRecord): Promise<number> => {
  await place.newFiles.write(logPath(place.dir, number), encodeRecord({ ...tip, kind: 'open' }))
  return number
}

/** The records of the last two logs, those before them being on their way out. */
const recordsOf = async (place: Place): Promise<HeadRecord[]> => {
  for (;;) {
    const newest = newestNumber(place.dir)
    const [previous, current] = [await readLog(place, newest - 1), await readLog(place, newest)]
    if (current !== null) return [...(previous ?? []), ...current]
  }
}

const readLog = async (place: Place, number: number): Promise<readonly HeadRecord[] | null> => {
  const log = await openLog(place, number)
  if (log === null) return null
  try {
    return log.catchUp()
  } finally {
    await log.close()
  }
}

const openLog = (place: Place, number: number): Promise<HeadLog | null> =>
  unlessGone(HeadLog.open(logPath(place.dir, number), number, place.sync))

/** `null` when it does not exist, or no longer. */
const unlessGone = async (opening: Promise<HeadLog>): Promise<HeadLog | null> => {
  try {
    return await opening
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}

const logPath = (dir: string, number: number): string => join(dir, `head-${number}.log`)
const logNumbers = (dir: string): number[] =>
  readdirSync(dir).flatMap((name) => {
    const number = /^head-([1-9]\d*)\.log$/.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  })
const newestNumber = (dir: string): number => Math.max(0, ...logNumbers(dir))
