import type { Listing } from './file-cut.ts'
import type { FilesLeft } from './file-progress.ts'
import type { ListedFile } from './file-selection.ts'
import { type Mark, MarkList, marksOf } from './marks.ts'
import type { SeenSet } from './seen-files.ts'
import type { CutRequest } from './source.ts'

/** How many files a page has at most. */
export const PAGE_FILES = 1000

/** Pages of files, each in order of path; `after`: only what is behind that path. */
export type Pages = (after: string) => AsyncIterable<Listing>

export interface Old {
  readonly count: number
  /** The first of them. */
  readonly some: readonly ListedFile[]
}

interface Walk {
  readonly after: string
  /** Where it ends. */
  readonly upTo?: string
  /** Most new files. */
  readonly max?: number
  readonly pagesMax: number
}

export interface Walked {
  readonly found: readonly ListedFile[]
  /** Everything up to this path was looked at. */
  readonly after: string
  readonly isOver: boolean
  readonly pages: number
  readonly listed: number
}

/** What is new on some pages. */
export async function walk(
  pages: Pages,
  sieve: Sieve,
  { after: from, upTo, max = Infinity, pagesMax }: Walk,
): Promise<Walked> {
  const found: ListedFile[] = []
  let after = from
  let listed = 0
  let count = 0
  for await (const page of pages(from)) {
    count++
    sieve.setClock(page.clockMs)
    for (const file of page.files) {
      if (found.length >= max) return { found, after, isOver: false, pages: count, listed }
      if (upTo !== undefined && isBehind(file.path, upTo)) return { found, after, isOver: true, pages: count, listed }
      if (sieve.isNew(file)) found.push(file)
      after = file.path
      listed++
    }
    after = page.last ?? after
    if (!page.more || (upTo !== undefined && isBehind(after, upTo)))
      return { found, after, isOver: true, pages: count, listed }
    if (count >= pagesMax) break
  }
  return { found, after, isOver: false, pages: count, listed }
}

/** Tells new files from others. */
export class Sieve {
  readonly changed: ListedFile[] = []
  #oldCount = 0
  readonly #oldOnes: ListedFile[] = []
  /** The marks of files that were met and are seen. */
  readonly present = new MarkList()
  /** When the stream was created, by the clock that gives the files their times. */
  created: number
  readonly #seen: SeenSet
  readonly #leavesOutOld: boolean
  readonly #startedAt: number | null
  readonly #now: number
  #hasClock = false

  constructor(
    seen: SeenSet,
    { position, zeroTime, startedAt = zeroTime, io }: CutRequest<{ readonly created: number }>,
    leavesOutOld: boolean,
  ) {
    this.#seen = seen
    this.#leavesOutOld = leavesOutOld
    this.#startedAt = position ? null : startedAt
    this.#now = io.clock.now()
    this.created = position?.created ?? startedAt
  }

  get old(): Old {
    return { count: this.#oldCount, some: this.#oldOnes }
  }

  /** What the clock of the store shows, where it has one. */
  setClock(clockMs: number | undefined): void {
    if (this.#hasClock || clockMs === undefined) return
    this.#hasClock = true
    if (this.#startedAt !== null) this.created = createdAt(this.#startedAt, clockMs, this.#now)
  }

  /** Whether no batch took it; marks those that none is to take. */
  isNew(file: ListedFile): boolean {
    const marks = marksOf(file)
    const [content] = marks
    const name = marks.at(1)
    const knows = this.#seen.has(content)
    const knowsName = name !== undefined && this.#seen.has(name)
    if (knows) this.present.add(content)
    if (knowsName) this.present.add(name)
    if (knowsName && !knows) this.changed.push(file)
    // Taken by a version that did not remember names.
    if (knows && name && !knowsName) this.#mark(name)
    if (knows || knowsName) return false
    if (!this.#leavesOutOld || !this.#isOld(file)) return true
    this.#oldCount++
    if (this.#oldOnes.length < SHOWN_MAX) this.#oldOnes.push(file)
    this.#mark(content)
    if (name) this.#mark(name)
    return false
  }

  #isOld({ mtimeMs }: ListedFile): boolean {
    return this.#hasClock ? mtimeMs < this.created : mtimeMs <= this.created
  }

  #mark(mark: Mark): void {
    this.#seen.add(mark)
    this.present.add(mark)
  }
}

/** The first `max` files by time, of any number. */
export class Oldest {
  readonly #max: number
  #files: ListedFile[] = []
  /** When the newest was modified of those that are too many. */
  #leftMs: number | null = null

  constructor(max: number) {
    this.#max = max
  }

  add(file: ListedFile): void {
    this.#files.push(file)
    if (this.#files.length >= 2 * this.#max + PAGE_FILES) this.files()
  }

  /** What `files` leaves out. */
  get left(): FilesLeft {
    this.files()
    return this.#leftMs === null ? { kind: 'none' } : { kind: 'some', newestMs: this.#leftMs }
  }

  files(): ListedFile[] {
    const sorted = this.#files.sort((a, b) => a.mtimeMs - b.mtimeMs || (a.path < b.path ? -1 : 1))
    const last = sorted.at(-1)
    if (last && sorted.length > this.#max) this.#leftMs = Math.max(this.#leftMs ?? 0, last.mtimeMs)
    this.#files = sorted.slice(0, this.#max)
    return this.#files
  }
}

/** Whoever lists a million files does not want to keep them. */
const SHOWN_MAX = 1000

/** Stores sort names by their bytes. */
const isBehind = (path: string, other: string): boolean => Buffer.compare(Buffer.from(path), Buffer.from(other)) > 0
const createdAt = (startedAt: number, clockMs: number, now: number): number =>
  Math.floor((clockMs - Math.max(0, now - startedAt)) / 1000) * 1000
