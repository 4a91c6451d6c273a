import {
  closeSync,
  fdatasync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeFolder } from './folder.ts'
import { systemCode } from '../../model/system-code.ts'
import { systemRandom } from './system-random.ts'

/**
 * Makes files that appear whole or not at all, and never replace one.
 *
 * The bytes go to a name of their own first and get their final name by a hard link, which fails if that is taken.
 * A crash leaves at most a file in the folder for temporary ones; the next process to open it removes it.
 */
export class NewFiles {
  readonly #folder: string
  readonly #sync: boolean
  readonly #run = systemRandom.newId()
  #count = 0

  /**
   * `folder` must be on the file system of the final names. With `sync`, content is on the disk before the final name
   * appears.
   */
  static async open(folder: string, sync: boolean): Promise<NewFiles> {
    await makeFolder(folder, sync)
    removeLitter(folder)
    return new NewFiles(folder, sync)
  }

  private constructor(folder: string, sync: boolean) {
    this.#folder = folder
    this.#sync = sync
  }

  /**
   * Does not sync the folder of `path`: that is the caller's, who may have more names to make. Throws what the system
   * throws (`ENOENT`: no such folder).
   */
  async write(path: string, bytes: Uint8Array): Promise<'written' | 'taken'> {
    const temporary = join(this.#folder, `${process.pid}~${this.#run}~${this.#count++}`)
    try {
      await this.#fill(temporary, bytes)
      linkSync(temporary, path)
      return 'written'
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return 'taken'
      throw error
    } finally {
      removeFile(temporary)
    }
  }

  async #fill(path: string, bytes: Uint8Array): Promise<void> {
    const file = this.#opened(path)
    try {
      for (let at = 0; at < bytes.length;) at += await writeSome(file, bytes, at)
      if (this.#sync) await dataToDisk(file)
    } finally {
      closeSync(file)
    }
  }

  /** Nothing that lasts lies in the folder, and who tidies up may take it away while it is empty. */
  #opened(path: string): number {
    try {
      return openSync(path, 'wx')
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
      makeOneFolder(this.#folder)
      return openSync(path, 'wx')
    }
  }
}

/** One level: where the folder above is gone as well, there is no place for it. */
function makeOneFolder(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  }
}

/** A file that is gone already is removed. */
export const removeFile = (path: string): void => {
  try {
    unlinkSync(path)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}

const dataToDisk = promisify(fdatasync)
const writeAsync = promisify(write)

/** Up to this size the page cache takes the bytes faster than another thread could be asked to hand them over. */
const inlineMax = 128 * 1024

const writeSome = async (file: number, bytes: Uint8Array, at: number): Promise<number> =>
  bytes.length - at <= inlineMax ? writeSync(file, bytes, at) : (await writeAsync(file, bytes, at)).bytesWritten

/** Age and process id are both asked: a process in another container is alive without being seen from here. */
const removeLitter = (folder: string): void => {
  const started = Date.now() - process.uptime() * 1000
  for (const name of readdirSync(folder)) {
    const pid = Number(/^(\d+)~/.exec(name)?.[1])
    if (pid > 0 && !isAlive(pid) && changedAt(join(folder, name)) < started) removeFile(join(folder, name))
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return systemCode(error) !== 'ESRCH'
  }
}

const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
