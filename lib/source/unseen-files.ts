import type { FileChoice } from './file-cut.ts'
import type { FilesLeft } from './file-progress.ts'
import { isVisible, type ListedFile } from './file-selection.ts'
import { Oldest, type Old, PAGE_FILES, type Pages, Sieve, walk, type Walked } from './file-sieve.ts'
import { marksOf } from './marks.ts'
import { type EarlierSeenState, NOTHING_SEEN, SeenFiles, type SeenSet, type SeenState } from './seen-files.ts'
import type { CutRequest, SourceIo } from './source.ts'

/** What a source knows after a batch that takes every file once. */
export type SeenPosition = {
  readonly created: number
  readonly seen: SeenState | EarlierSeenState
  /** The files of before the stream are among the seen ones; positions of earlier versions tell them by their time. */
  readonly marked?: true
  /** Of a source that goes by names: everything up to this path was looked at. */
  readonly cursor?: string
  /** Of a source whose batches do not look at everything. */
  readonly search?: SearchPosition
  /** Of one whose batches do: since when most of what is remembered is gone. */
  readonly goneSince?: number
  /** When the newest file was modified that a batch took, ms since the epoch. */
  readonly newestMs?: number
}

/** A search through everything, which takes many batches. */
type SearchPosition = {
  /** Batch time when it began. */
  readonly began: number
  /** Everything up to this path was looked at; left out: it is over. */
  readonly after?: string
  /** How many files it has found, new ones or not. */
  readonly listed: number
  /** The marks met on the way; in the end they replace all others, where most of those are of files that are gone. */
  readonly renewed?: SeenState
}

/** Something that tells of files, so that nobody has to look for them. */
export interface Arrivals {
  /**
   * Files that it tells of, those of one path in the order in which they came. At least those of earlier calls whose
   * batch was not committed; no more than about `max`.
   */
  take(max: number, request: Pick<CutRequest, 'intervalMs' | 'io'>): Promise<readonly ListedFile[]>
  /** What told of files that are all among the taken ones may be forgotten. */
  committed(isTaken: (file: ListedFile) => boolean): Promise<void>
}

/** Which files of a store of objects a source takes, and how it looks for them. */
export interface StoreChoice extends FileChoice {
  /**
   * `names`: batches look behind the greatest name that was taken, and not at all others. For names that rise, as times
   * and numbers do. What comes with a lesser name is found when everything is listed, and said.
   */
  readonly order?: 'names'
  /**
   * How often everything is listed besides, a few requests with each batch: default 1 hour with `order`, 24 hours with
   * `events`.
   */
  readonly relistMs?: number
}

/** What a batch takes, and what there is to say about the others. */
interface Unseen {
  readonly selected: readonly ListedFile[]
  readonly position: SeenPosition
  /** Of the selected ones: those that only the search through everything has found. */
  readonly late: readonly ListedFile[]
  /** Changed after a batch had taken them. */
  readonly changed: readonly ListedFile[]
  /** From before the stream, and left out. */
  readonly old: Old
  /** New ones that wait for a later batch. */
  readonly left: FilesLeft
  /** Whether everything was looked at. */
  readonly isComplete: boolean
}

/** Most requests of one batch to a store whose batches do not look at everything. */
const PAGES_MAX = 5
const HEAD_PAGES = PAGES_MAX - 1
const NAMES_SEARCH_MS = 3_600_000
const ARRIVALS_SEARCH_MS = 24 * 3_600_000
const ARRIVALS_FILES = 10_000
/** What has been gone for less may be on its way back. */
const FORGET_MS = 24 * 3_600_000
/** So many marks of files that are gone are not worth a thought. */
const GONE_MAX = 4096

/**
 * The files that no batch has taken, each once, whenever it appears. What batches look at differs: everything, the
 * names behind a cursor, or what is told of; the last two look through everything besides, a few pages with each batch.
 */
export class UnseenFiles {
  readonly #choice: StoreChoice
  readonly #forgets: boolean
  readonly #arrivals: Arrivals | null
  readonly #seen = new SeenFiles()

  /** `forgets`: what a listing does not show is gone for good. */
  constructor(choice: StoreChoice, { forgets, arrivals }: { forgets: boolean; arrivals: Arrivals | null }) {
    this.#choice = choice
    this.#forgets = forgets
    this.#arrivals = arrivals
  }

  async select(request: CutRequest<SeenPosition>, pages: Pages): Promise<Unseen> {
    if (this.#arrivals) return this.#told(request, pages, this.#arrivals)
    return this.#choice.order === 'names' ? this.#named(request, pages) : this.#listed(request, pages)
  }

  /** The batches up to the one that left this position are committed. */
  async committed({ seen, search }: SeenPosition, io: SourceIo): Promise<void> {
    await this.#seen.sweep(search?.renewed ? [seen, search.renewed] : [seen], io)
    if (!this.#arrivals) return
    const known = await this.#seen.open(seen, io, { lookup: true })
    await this.#arrivals.committed((file) => this.#isTaken(file, known))
  }

  /** Whether nobody needs to be told of it any more. */
  #isTaken(file: ListedFile, seen: SeenSet): boolean {
    return !this.#isOfStream(file.path) || marksOf(file).every((mark) => seen.has(mark))
  }

  #isOfStream(path: string): boolean {
    return (this.#choice.filter ?? isVisible)(path)
  }

  async #listed(request: CutRequest<SeenPosition>, pages: Pages): Promise<Unseen> {
    const { newFilesOnly = false, maxFilesPerBatch = Infinity } = this.#choice
    const { io, time, position: before } = request
    let isThere = false
    const seen = await this.#seen.open(before?.seen ?? NOTHING_SEEN, io, { lookup: true })
    const sieve = new Sieve(seen, request, newFilesOnly && !before?.marked)
    const fresh = new Oldest(maxFilesPerBatch)
    for await (const page of pages('')) {
      isThere = true
      sieve.setClock(page.clockMs)
      for (const file of page.files) if (sieve.isNew(file)) fresh.add(file)
    }
    const selected = fresh.files()
    const isWaste = this.#forgets && isThere && isMostlyGone(seen.count, sieve.present.count)
    const goneSince = isWaste ? (before?.goneSince ?? time) : null
    const isForgotten = goneSince !== null && time - goneSince >= FORGET_MS
    const kept = isForgotten ? seen.replacedBy(sieve.present) : seen
    for (const file of selected) kept.take(file)
    const marked = newFilesOnly ? { marked: true as const } : {}
    const gone = goneSince === null || isForgotten ? {} : { goneSince }
    const position = { created: sieve.created, seen: await kept.close(), ...marked, ...gone }
    const { changed, old } = sieve
    return { selected, position, late: [], changed, old, left: fresh.left, isComplete: true }
  }

  async #named(request: CutRequest<SeenPosition>, pages: Pages): Promise<Unseen> {
    const { newFilesOnly = false, maxFilesPerBatch: max = HEAD_PAGES * PAGE_FILES } = this.#choice
    const { io, time, position: before } = request
    const cursor = before?.cursor ?? ''
    const isCaughtUp = before?.marked === true && before.cursor !== undefined
    const search = this.#searchOf(before, time, NAMES_SEARCH_MS) ?? { began: time, listed: 0 }
    const searches = isCaughtUp && search.after !== undefined
    const seen = await this.#seen.open(before?.seen ?? NOTHING_SEEN, io, { lookup: !isCaughtUp || searches })
    const sieve = new Sieve(seen, request, newFilesOnly && !isCaughtUp)
    const pagesMax = Math.max(HEAD_PAGES, Math.ceil(max / PAGE_FILES))
    const head = await walk(pages, sieve, { after: cursor, max, pagesMax })
    // Only what was behind the cursor before, so that no file is found twice.
    const bounds = { after: search.after ?? '', upTo: cursor, pagesMax: Math.max(1, PAGES_MAX - head.pages) }
    const net = searches ? await walk(pages, sieve, bounds) : null
    const late = net?.found ?? []
    const selected = [...head.found, ...late]
    const marked = isCaughtUp || head.isOver ? { marked: true as const } : {}
    const kept = await this.#kept({ seen, sieve, selected, search, net }, io)
    const position = { created: sieve.created, ...kept, ...marked, cursor: head.after }
    const left: FilesLeft = { kind: head.isOver ? 'none' : 'unknown' }
    return { selected, position, late, changed: [], old: sieve.old, left, isComplete: false }
  }

  async #told(request: CutRequest<SeenPosition>, pages: Pages, arrivals: Arrivals): Promise<Unseen> {
    const { newFilesOnly = false, maxFilesPerBatch: max = ARRIVALS_FILES } = this.#choice
    const { io, time, position: before } = request
    const isCaughtUp = before?.marked === true
    // The first search finds what was there before anybody told of it.
    const search = this.#searchOf(before, time, ARRIVALS_SEARCH_MS) ?? { began: time, after: '', listed: 0 }
    const seen = await this.#seen.open(before?.seen ?? NOTHING_SEEN, io, { lookup: true })
    const sieve = new Sieve(seen, request, newFilesOnly && !isCaughtUp)
    const { after } = search
    const net = after === undefined ? null : await walk(pages, sieve, { after, max, pagesMax: PAGES_MAX })
    const found = net?.found ?? []
    const selected = new Map(found.map((file) => [file.path, file]))
    const isTaken = (file: ListedFile): boolean => this.#isTaken(file, seen)
    // What is there from before makes room; what comes again is let go at once.
    await arrivals.committed(isTaken)
    const told = await arrivals.take(max - found.length, request)
    await arrivals.committed(isTaken)
    for (const file of told) {
      if (!this.#isOfStream(file.path)) continue
      const earlier = selected.get(file.path)
      if (!earlier && selected.size >= max) continue
      if (!sieve.isNew(file) || (earlier && isSame(earlier, file))) continue
      // It was overwritten since it was told of: nobody can read it any more.
      if (earlier) seen.take(earlier)
      selected.set(file.path, file)
    }
    const files = [...selected.values()]
    const marked = isCaughtUp || net?.isOver ? { marked: true as const } : {}
    const kept = await this.#kept({ seen, sieve, selected: files, search, net }, io)
    const late = isCaughtUp ? found.filter((file) => selected.get(file.path) === file) : []
    const position = { created: sieve.created, ...kept, ...marked }
    const left: FilesLeft = { kind: files.length < max ? 'none' : 'unknown' }
    return { selected: files, position, late, changed: [], old: sieve.old, left, isComplete: false }
  }

  /** The search that is under way or due, or the last one; `null`: there was none. */
  #searchOf(before: SeenPosition | null, time: number, defaultMs: number): SearchPosition | null {
    const last = before?.search
    if (!before || !last) return null
    if (last.after !== undefined || time - last.began < (this.#choice.relistMs ?? defaultMs)) return last
    const { pieces = [], next = 0 } = 'pieces' in before.seen ? before.seen : {}
    const marks = pieces.reduce((sum, { count }) => sum + count, 0)
    const renewed = this.#forgets && isMostlyGone(marks, last.listed) ? { renewed: { ...NOTHING_SEEN, next } } : {}
    return { began: time, after: '', listed: 0, ...renewed }
  }

  /** What is remembered after a batch of the selected files. */
  async #kept(
    { seen, sieve, selected, search, net }: Batch,
    io: SourceIo,
  ): Promise<Pick<SeenPosition, 'seen' | 'search'>> {
    const { began, listed, after, renewed } = search
    for (const file of selected) seen.take(file)
    const kept = await seen.close()
    if (!net) return { seen: kept, search }
    const walked = { began, listed: listed + net.listed }
    if (!renewed) return { seen: kept, search: net.isOver ? walked : { ...walked, after: net.after } }
    const fresh = await this.#seen.open(renewed, io, { lookup: false })
    fresh.addAll(sieve.present)
    for (const file of selected) fresh.take(file)
    const next = await fresh.close()
    return net.isOver
      ? { seen: { ...next, next: Math.max(next.next, kept.next) }, search: walked }
      : { seen: kept, search: { ...walked, after: net.after ?? after, renewed: next } }
  }
}

interface Batch {
  readonly seen: SeenSet
  readonly sieve: Sieve
  readonly selected: readonly ListedFile[]
  readonly search: SearchPosition
  readonly net: Walked | null
}

const isMostlyGone = (marks: number, present: number): boolean => marks > 2 * present + GONE_MAX
const isSame = (a: ListedFile, b: ListedFile): boolean => a.etag === b.etag && a.size === b.size
