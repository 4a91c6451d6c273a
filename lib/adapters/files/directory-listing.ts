import { isUtf8 } from 'node:buffer'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Listing } from '../../source/file-cut.ts'
import { systemCode } from '../../model/system-code.ts'

type Entry = Listing['files'][number] | NonNullable<Listing['others']>[number]

interface Known {
  readonly entry: Entry
  /** When it was looked at, on the clock of the listing. */
  readonly at: number
}

interface Names {
  /** `null`: not to be relied on. */
  readonly changedMs: number | null
  readonly readable: readonly string[]
  readonly unreadable: readonly Entry[]
}

const SETTLED_MS = 3000
/** Up to so many names every one of them is looked at each time: that costs a few milliseconds. */
const EVERY_ONE_MAX = 10_000
/** In a larger directory a file that lies still is looked at again within this time. */
const RENEW_MS = 20_000
/** Younger than this, a file may still be written. */
const STILL_MS = 600_000

/**
 * What one directory holds. Its names are read each time; what a file is like costs a call of the system each, which a
 * directory of 100,000 old files cannot afford once a second. There, files that are new, young, or not looked at for a
 * while are looked at: one that is written over in its place, long after it came, is noticed within 20 s.
 */
export class DirectoryListing {
  readonly #directory: string
  readonly #now: () => number
  #known: ReadonlyMap<string, Known> = new Map()
  #names: Names | null = null
  /** Files looked at by the last `entries`. */
  looked = 0

  /** `now`: any clock in ms that does not go back. */
  constructor(directory: string, now: () => number = () => performance.now()) {
    this.#directory = directory
    this.#now = now
  }

  async entries(): Promise<Entry[]> {
    this.#names = await this.#readNames()
    this.#known = await this.#lookedAt(this.#names.readable)
    return [...Array.from(this.#known.values(), ({ entry }) => entry), ...this.#names.unreadable]
  }

  /** A directory says when a name was last added, removed or changed; within its last seconds it may not say all. */
  async #readNames(): Promise<Names> {
    const changedMs = (await statOf(this.#directory))?.mtimeMs ?? null
    const isSettled = changedMs !== null && Date.now() - changedMs > SETTLED_MS
    if (isSettled && this.#names?.changedMs === changedMs) return this.#names
    const names = (await readdir(this.#directory, { encoding: 'buffer' }).catch(nothingIfGone)) ?? []
    return {
      changedMs: isSettled ? changedMs : null,
      readable: names
        .filter((name) => isUtf8(name))
        .map(String)
        .sort(),
      unreadable: names
        .filter((name) => !isUtf8(name))
        .map((name) => ({ path: join(this.#directory, String(name)), reason: 'name' })),
    }
  }

  async #lookedAt(names: readonly string[]): Promise<ReadonlyMap<string, Known>> {
    const [at, wallMs] = [this.#now(), Date.now()]
    const isStill = (name: string): boolean => {
      const known = this.#known.get(name)
      return known !== undefined && at - known.at < dueAfter(name) && isOld(known.entry, wallMs)
    }
    const due = new Set(names.length <= EVERY_ONE_MAX ? names : names.filter((name) => !isStill(name)))
    this.looked = due.size
    const looked = new Map(
      await Promise.all(Array.from(due, async (name) => [name, await this.#look(name, at)] as const)),
    )
    const found = new Map<string, Known>()
    for (const name of names) {
      const known = due.has(name) ? looked.get(name) : this.#known.get(name)
      if (known) found.set(name, known)
    }
    return found
  }

  async #look(name: string, at: number): Promise<Known | null> {
    const entry = await listed(join(this.#directory, name))
    return entry && { entry, at }
  }
}

/** Spread over the time, so that no listing looks at all of them. */
function dueAfter(name: string): number {
  let hash = 0
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) >>> 0
  return RENEW_MS * (0.5 + (hash % 1000) / 2000)
}

const isOld = (entry: Entry, wallMs: number): boolean => !('mtimeMs' in entry) || wallMs - entry.mtimeMs > STILL_MS

/** `null`: gone since it was listed. */
async function listed(path: string): Promise<Entry | null> {
  const found = await statOf(path)
  if (!found) return null
  if (!found.isFile()) return { path, reason: found.isDirectory() ? 'directory' : 'special' }
  return { path, mtimeMs: Math.round(found.mtimeMs), size: found.size }
}

export const statOf = (path: string) => stat(path).catch(nothingIfGone)

function nothingIfGone(error: unknown): null {
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) return null
  throw error
}
