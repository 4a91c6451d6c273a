import { closeSync, fstatSync, openSync, read, readSync, rmdirSync } from 'node:fs'
import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { BlobReader, BlobStore } from '../../host/blob-store.ts'
import { blobExists, blobMissing, blobRange, inRange } from './blob-errors.ts'
import { blobKey, blobPrefix } from './blob-key.ts'
import { makeFolders } from '../../codec/folders.ts'
import { makeFolder, syncFolder } from './folder.ts'
import { systemCode } from '../../model/system-code.ts'
import { NewFiles, removeFile } from './new-files.ts'
import { SameFolder } from './same-folder.ts'

interface DirectoryBlobOptions {
  /**
   * Whether an object survives a power cut once `putNew` resolved (default true). Without, it survives the crash of a
   * process only.
   */
  readonly sync?: boolean
}

/** One file per object below `<dir>/blobs`. Any number of processes may share a directory. */
export const openDirectoryBlobs = async (
  dir: string,
  options: DirectoryBlobOptions = {},
): Promise<DirectoryBlobStore> => {
  const sync = options.sync ?? true
  const root = join(dir, 'blobs')
  await makeFolder(root, sync)
  return new DirectoryBlobStore(root, await NewFiles.open(join(dir, 'tmp'), sync), sync)
}

/** The objects below `<dir>/blobs` for who only looks: makes no folder and writes nothing. */
export const readDirectoryBlobs = (dir: string): BlobReader => ({
  get: (key) => readObject(join(dir, 'blobs'), key, whole),
  getRange: (key, offset, length) => readObject(join(dir, 'blobs'), key, rangeOf(key, offset, length)),
})

class DirectoryBlobStore implements BlobStore {
  readonly #root: string
  readonly #newFiles: NewFiles
  readonly #sync: boolean
  readonly #folder: SameFolder
  /** Folders that exist, as far as this process knows. */
  readonly #known = new Set<string>()
  /** Folders whose own name is on the disk, and those above them. */
  readonly #durable = new Set<string>()

  constructor(root: string, newFiles: NewFiles, sync: boolean) {
    this.#root = root
    this.#newFiles = newFiles
    this.#sync = sync
    this.#folder = new SameFolder(root)
  }

  async putNew(key: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.#root, blobKey(key))
    this.#folder.check()
    if ((await this.#write(path, bytes)) === 'taken') throw blobExists(key)
    if (this.#sync) await this.#makeDurable(dirname(path))
  }

  async get(key: string): Promise<Uint8Array> {
    return this.#read(key, whole)
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#read(key, rangeOf(key, offset, length))
  }

  async list(prefix: string): Promise<string[]> {
    const keys: string[] = []
    this.#folder.check()
    const folder = blobPrefix(prefix).slice(0, prefix.lastIndexOf('/') + 1)
    await this.#walk(folder, prefix, keys)
    return keys.sort()
  }

  async delete(key: string): Promise<void> {
    const path = join(this.#root, blobKey(key))
    try {
      removeFile(path)
    } catch (error) {
      if (!isNoObject(error)) throw error
    }
    this.#removeEmpty(dirname(path))
  }

  /**
   * Another process may remove a folder while it is empty, between our making it and our using it: then it is made
   * again.
   */
  async #write(path: string, bytes: Uint8Array): Promise<'written' | 'taken'> {
    for (let attempt = 1; ; attempt++) {
      this.#makeKnown(dirname(path))
      try {
        return await this.#newFiles.write(path, bytes)
      } catch (error) {
        if (systemCode(error) !== 'ENOENT' || attempt === attemptsMax) throw error
        this.#forget(dirname(path))
      }
    }
  }

  #makeKnown(folder: string): void {
    if (this.#known.has(folder)) return
    if (this.#known.size >= knownMax) this.#known.clear()
    makeFolders(folder)
    this.#known.add(folder)
  }

  /**
   * Innermost first: where the file system keeps a journal, the first call writes the names of all, and the others find
   * nothing to do.
   */
  async #makeDurable(folder: string): Promise<void> {
    await syncFolder(folder)
    const made: string[] = []
    for (let name = folder; name !== this.#root && !this.#durable.has(name); name = dirname(name)) {
      await syncFolder(dirname(name))
      made.push(name)
    }
    if (this.#durable.size >= knownMax) this.#durable.clear()
    for (const name of made) this.#durable.add(name)
  }

  #removeEmpty(folder: string): void {
    for (let name = folder; name !== this.#root; name = dirname(name)) {
      try {
        rmdirSync(name)
      } catch {
        return
      }
      this.#forget(name)
    }
  }

  #forget(folder: string): void {
    for (let name = folder; name !== this.#root; name = dirname(name)) {
      this.#known.delete(name)
      this.#durable.delete(name)
    }
  }

  #read(key: string, rangeOf: (size: number) => Range): Promise<Uint8Array> {
    this.#folder.check()
    return readObject(this.#root, key, rangeOf)
  }

  async #walk(folder: string, prefix: string, keys: string[]): Promise<void> {
    for (const entry of await entriesOf(join(this.#root, folder))) {
      const key = folder + entry.name
      if (entry.isDirectory()) {
        if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) await this.#walk(`${key}/`, prefix, keys)
      } else if (key.startsWith(prefix)) keys.push(key)
    }
  }
}

interface Range {
  readonly offset: number
  readonly length: number
}

const whole = (size: number): Range => ({ offset: 0, length: size })

const rangeOf =
  (key: string, offset: number, length: number) =>
  (size: number): Range => {
    if (!inRange(offset, length, size)) throw blobRange(key, offset, length, size)
    return { offset, length }
  }

async function readObject(root: string, key: string, rangeOf: (size: number) => Range): Promise<Uint8Array> {
  const file = openObject(root, key)
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) throw blobMissing(key)
    const { offset, length } = rangeOf(stat.size)
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length;) {
      const got = await readSome(file, bytes, at, offset + at)
      if (got === 0) throw blobRange(key, offset, length, offset + at)
      at += got
    }
    return bytes
  } finally {
    closeSync(file)
  }
}

function openObject(root: string, key: string): number {
  try {
    return openSync(join(root, blobKey(key)), 'r')
  } catch (error) {
    throw isNoObject(error) ? blobMissing(key, error) : error
  }
}

const attemptsMax = 16

/** A service that runs for months names a few folders per batch: what it remembers has to end somewhere. */
const knownMax = 10_000

/** Up to this size a read from the page cache costs less than handing it to another thread. */
const inlineMax = 128 * 1024
const readAsync = promisify(read)

const readSome = async (file: number, bytes: Uint8Array, at: number, position: number): Promise<number> => {
  const length = bytes.length - at
  return length <= inlineMax
    ? readSync(file, bytes, at, length, position)
    : (await readAsync(file, bytes, at, length, position)).bytesRead
}

/** No such name, or a name above it belongs to an object. */
const isNoObject = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemCode(error) ?? '')

const entriesOf = async (folder: string): Promise<Dirent[]> => {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (isNoObject(error)) return []
    throw error
  }
}
