import { isUtf8 } from 'node:buffer'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Listing } from '../../source/file-cut.ts'
import { systemCode } from '../../model/system-code.ts'

type Entry = Listing['files'][number] | NonNullable<Listing['others']>[number]

interface Known {
  readonly entry: Entry
  /** When it is to be looked at again, on the clock of the listing, if it lies still. */
  readonly dueAt: number
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
  readonly #known = new Map<string, Known>()
  readonly #order = new NamesInOrder()
  #names: Names | null = null
  /** Files looked at by the last `entries`. */
  looked = 0

  /** `now`: any clock in ms that does not go back. */
  constructor(directory: string, now: () => number = () => performance.now()) {
    this.#directory = directory
    this.#now = now
  }

  async entries(): Promise<Entry[]> {
    const { readable, unreadable } = (this.#names = await this.#readNames())
    await this.#lookAt(readable)
    const entries: Entry[] = []
    for (const name of readable) {
      const known = this.#known.get(name)
      if (known) entries.push(known.entry)
    }
    if (this.#known.size > entries.length) this.#forgetAllBut(new Set(readable))
    return entries.concat(unreadable)
  }

  /** A directory says when a name was last added, removed or changed; within its last seconds it may not say all. */
  async #readNames(): Promise<Names> {
    const changedMs = (await statOf(this.#directory))?.mtimeMs ?? null
    const isSettled = changedMs !== null && Date.now() - changedMs > SETTLED_MS
    if (isSettled && this.#names?.changedMs === changedMs) return this.#names
    const names = await namesIn(this.#directory)
    return {
      changedMs: isSettled ? changedMs : null,
      readable: this.#order.of(names.readable),
      unreadable: names.unreadable.map((name) => ({ path: join(this.#directory, name), reason: 'name' })),
    }
  }

  async #lookAt(names: readonly string[]): Promise<void> {
    const [at, wallMs] = [this.#now(), Date.now()]
    const isStill = (name: string): boolean => {
      const known = this.#known.get(name)
      return known !== undefined && at < known.dueAt && isOld(known.entry, wallMs)
    }
    const due = names.length <= EVERY_ONE_MAX ? names : names.filter((name) => !isStill(name))
    this.looked = due.length
    await Promise.all(due.map((name) => this.#look(name, at)))
  }

  async #look(name: string, at: number): Promise<void> {
    const entry = await listed(join(this.#directory, name))
    if (entry) this.#known.set(name, { entry, dueAt: at + dueAfter(name) })
    else this.#known.delete(name)
  }

  #forgetAllBut(present: ReadonlySet<string>): void {
    for (const name of this.#known.keys()) if (!present.has(name)) this.#known.delete(name)
  }
}

/** Sorts names, most of which it had the last time: to sort a hundred thousand takes a tenth of a second. */
class NamesInOrder {
  readonly #set = new Set<string>()
  #sorted: readonly string[] = []

  of(names: readonly string[]): readonly string[] {
    const fresh = names.filter((name) => !this.#set.has(name))
    const isGone = names.length - fresh.length < this.#sorted.length
    const kept = isGone ? this.#keep(new Set(names)) : this.#sorted
    for (const name of fresh) this.#set.add(name)
    if (isGone || fresh.length > 0) this.#sorted = kept.concat(fresh).sort()
    return this.#sorted
  }

  #keep(present: ReadonlySet<string>): readonly string[] {
    for (const name of this.#set) if (!present.has(name)) this.#set.delete(name)
    return this.#sorted.filter((name) => present.has(name))
  }
}

/** What stands for bytes that are not UTF-8 when names are read as text. */
const NOT_UTF8 = '\uFFFD'

/** Names as text, and those that are none. Bytes of each name are had only where text leaves a doubt. */
async function namesIn(directory: string): Promise<{ readable: string[]; unreadable: string[] }> {
  const texts = (await readdir(directory).catch(nothingIfGone)) ?? []
  if (!texts.some((name) => name.includes(NOT_UTF8))) return { readable: texts, unreadable: [] }
  const names = (await readdir(directory, { encoding: 'buffer' }).catch(nothingIfGone)) ?? []
  return {
    readable: names.filter((name) => isUtf8(name)).map(String),
    unreadable: names.filter((name) => !isUtf8(name)).map(String),
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
  return { path, mtimeMs: Math.round(found.mtimeMs), size: found.size, cameMs: Math.round(found.ctimeMs) }
}

export const statOf = (path: string) => stat(path).catch(nothingIfGone)

function nothingIfGone(error: unknown): null {
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) return null
  throw error
}
