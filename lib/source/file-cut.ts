import { counted } from '../model/counted.ts'
import type { Cut } from '../model/manifest.ts'
import type { FilesLeft } from './file-progress.ts'
import { isVisible, type ListedFile, selectByTime, type SelectionState } from './file-selection.ts'
import type { FileSplit } from './file-splits.ts'
import { LeftOut } from './left-out.ts'
import type { CutRequest, SourceIo } from './source.ts'
import { type Arrivals, type SeenPosition, type StoreChoice, UnseenFiles } from './unseen-files.ts'

/** Lists directories of any kind of store. */
export interface FileLister {
  /**
   * What is directly in the directories that match `directories`, in order of path, page by page; no page when no
   * directory matches. `after`: at least what is behind that path.
   */
  pages(directories: string, after: string): AsyncIterable<Listing>
  /** A file that a listing does not show is gone for good; left out where it may come back as it was. */
  readonly forgets?: true
  /** What tells of files before anybody lists them. */
  readonly arrivals?: Arrivals
}

export interface Listing {
  /** In order of path. */
  readonly files: readonly ListedFile[]
  /** More pages follow. */
  readonly more?: boolean
  /** Nothing that is not behind this path is on a page that follows. */
  readonly last?: string
  /** What is there and can be no file of a stream. */
  readonly others?: readonly { readonly path: string; readonly reason: 'directory' | 'name' | 'special' }[]
  /** What the clock of the store shows, to a second, where it is not the clock of this machine. */
  readonly clockMs?: number
}

/** Which files of a directory a source takes. */
export interface FileChoice {
  /** Which files belong to the stream, by path. Default: those whose name does not begin with a dot. */
  readonly filter?: (path: string) => boolean
  /**
   * `times` (default): Spark's rule, by modification time, looking back `minRememberMs`. `seen`: every file once,
   * whenever it appears, also those that were there before the stream (unless `newFilesOnly`); right for object stores.
   * With `seen`, an object that is replaced is a new one; of a file that changes, what was there first is read, and a
   * warning names it.
   */
  readonly select?: 'times' | 'seen'
  /** Leave out what was modified before the stream was created. Default: true for `times`, false for `seen`. */
  readonly newFilesOnly?: boolean
  /** `times` only: how long a file may take to become visible (default 60,000 ms). */
  readonly minRememberMs?: number
  /** `seen` only: most files in a batch; the others wait for the next. */
  readonly maxFilesPerBatch?: number
  /**
   * What becomes of a file that is gone or was replaced when it is read. `fail` (default): the batch fails until it is
   * back. `skip`: none of its records are used, which a warning says; then each file is one partition.
   */
  readonly onMissing?: 'fail' | 'skip'
}

const MIN_REMEMBER_MS = 60_000

export type FilePosition = { readonly times: SelectionState } | SeenPosition

interface Selected {
  readonly selected: readonly ListedFile[]
  readonly position: FilePosition
  /** Left out where all that is new is taken. */
  readonly left?: FilesLeft
}

/** What a listing has shown besides files of the stream. */
interface Besides {
  readonly hidden: ListedFile[]
  readonly others: NonNullable<Listing['others']>[number][]
  /** What was mentioned before, and is there: each path once. */
  readonly present: string[]
}

/** What is new in some directories: the rule, without knowing how files are listed or read. */
export class FileCutter {
  readonly #directories: string
  readonly #lister: FileLister
  readonly #choice: StoreChoice
  readonly #split: (file: ListedFile) => readonly FileSplit[]
  readonly #unseen: UnseenFiles
  readonly #leftOut: LeftOut
  /** The files of the last listing. */
  #before: Map<string, ListedFile> | null = null
  #missing = false
  /** Files that were said to be written still. */
  readonly #growing = new Set<string>()
  /** Files that were found late. */
  #late = 0

  constructor(
    directories: string,
    lister: FileLister,
    choice: StoreChoice,
    split: (file: ListedFile) => readonly FileSplit[],
  ) {
    this.#directories = directories
    this.#lister = lister
    this.#choice = choice
    this.#split = split
    const { forgets = false, arrivals = null } = lister
    this.#unseen = new UnseenFiles(choice, { forgets, arrivals })
    this.#leftOut = new LeftOut(directories)
  }

  async cut(request: CutRequest<FilePosition>): Promise<Cut<FilePosition, FileSplit>> {
    this.#reportGrowing(request)
    const { select = 'times' } = this.#choice
    const found: Selected = select === 'times' ? await this.#byTime(request) : await this.#once(request)
    const { selected, position, left } = found
    return {
      position,
      splits: selected.flatMap(this.#split),
      records: null,
      description: describe(selected),
      ...(left ? { newest: left } : {}),
    }
  }

  async committed(position: FilePosition, io: SourceIo): Promise<void> {
    if ('seen' in position) await this.#unseen.committed(position, io)
  }

  /** Pages of files of the stream; what else is on them is noted. A directory that is not there yet may come. */
  async *#pages(
    { io, unready = [] }: CutRequest<FilePosition>,
    after: string,
    besides: Besides,
  ): AsyncGenerator<Listing> {
    const filter = this.#choice.filter ?? isVisible
    const growing = new Set(unready)
    let isMissing = true
    for await (const page of this.#lister.pages(this.#directories, after)) {
      isMissing = false
      for (const other of page.others ?? []) {
        if (this.#leftOut.mentions(other.path)) besides.present.push(other.path)
        besides.others.push(other)
      }
      for (const file of page.files) {
        if (this.#leftOut.mentions(file.path)) besides.present.push(file.path)
        if (!this.#choice.filter && !isVisible(file.path)) besides.hidden.push(file)
      }
      yield { ...page, files: page.files.filter(({ path }) => filter(path) && !growing.has(path)) }
    }
    if (isMissing && !this.#missing)
      io.log.event({
        type: 'source-directory-missing',
        level: 'warn',
        directory: this.#directories,
        message: `${this.#directories} is not there yet; its files are taken once it is`,
      })
    this.#missing = isMissing
  }

  async #byTime(request: CutRequest<FilePosition>): Promise<Selected> {
    const { time, intervalMs, zeroTime, startedAt = zeroTime, io } = request
    const { newFilesOnly = true, minRememberMs = MIN_REMEMBER_MS } = this.#choice
    const besides = nothingBesides()
    const files = (await Array.fromAsync(this.#pages(request, '', besides))).flatMap((page) => page.files)
    this.#leftOut.forget(besides.present)
    const before = request.position
    const stored = before && 'times' in before ? before.times : { created: startedAt, recent: [] }
    const state = { ...stored, last: stored.last ?? request.committedTime ?? zeroTime }
    const now = request.now ?? time
    const rule = { intervalMs, minRememberMs, newFilesOnly }
    const { selected, tooOld, taken, next, isNew } = selectByTime(files, { time, now }, state, rule)
    const tookAt = new Map(stored.recent.flatMap((batch) => batch.paths.map((path) => [path, batch.time])))
    this.#report(before === null ? 'old' : 'late', before === null ? tooOld : this.#appeared(tooOld), io)
    this.#report(
      'changed',
      taken.filter((file) => this.#isChanged(file) ?? file.mtimeMs > tookAt.get(file.path)!),
      io,
    )
    if (before !== null && this.#before === null)
      this.#report(
        'unseen',
        tooOld.filter(({ cameMs }) => cameMs !== undefined && cameMs > (state.clock ?? state.last)),
        io,
      )
    const wasTaken = (file: ListedFile): boolean =>
      file.mtimeMs > state.created &&
      file.mtimeMs <= state.last &&
      !isNew(file) &&
      !this.#leftOut.saidOf(file.path, 'old', 'late', 'unseen')
    this.#report(
      'again',
      selected.filter(({ path }) => someOf(this.#before?.get(path), wasTaken)),
      io,
    )
    // A little ahead is a clock that differs a little: the next batches take it.
    const ahead = Math.max(time, now) + FUTURE_MS
    this.#report(
      'future',
      files.filter(({ mtimeMs }) => mtimeMs > ahead),
      io,
    )
    this.#reportBesides(besides, io)
    this.#remember(files)
    return { selected, position: { times: next } }
  }

  async #once(request: CutRequest<FilePosition>): Promise<Selected> {
    const { position, io } = request
    const besides = nothingBesides()
    const found = await this.#unseen.select(
      { ...request, position: position && 'seen' in position ? position : null },
      (after) => this.#pages(request, after, besides),
    )
    if (found.isComplete) this.#leftOut.forget(besides.present)
    this.#report('old', found.old.some, io, found.old.count - found.old.some.length)
    this.#report('changed', found.changed, io)
    this.#reportBesides(besides, io)
    this.#reportLate(found.late, io)
    const { selected, left } = found
    const before = position && 'seen' in position ? position.newestMs : undefined
    const newestMs = selected.reduce(
      (newest: number | undefined, { mtimeMs }) => Math.max(newest ?? 0, mtimeMs),
      before,
    )
    return { selected, left, position: { ...found.position, ...(newestMs === undefined ? {} : { newestMs }) } }
  }

  /** Said once for each file, however many batches wait for it. */
  #reportGrowing({ unready = [], io }: CutRequest<FilePosition>): void {
    for (const path of unready) {
      if (this.#growing.has(path)) continue
      this.#growing.add(path)
      io.log.event({
        type: 'source-file-growing',
        level: 'warn',
        path,
        message: `${path} is still being written: it is read by a later batch; move files in when they are complete`,
      })
    }
  }

  #reportBesides({ hidden, others }: Besides, io: SourceIo): void {
    for (const reason of ['directory', 'name', 'special'] as const)
      this.#leftOut.report(
        reason,
        others.filter((each) => each.reason === reason).map(({ path }) => path),
        io.log,
      )
    this.#report('hidden', hidden, io)
  }

  /** The first time as a warning: so many are on their way for longer than the program may think. */
  #reportLate(files: readonly ListedFile[], { log }: SourceIo): void {
    if (files.length === 0) return
    const level = this.#late === 0 ? 'warn' : 'info'
    this.#late += files.length
    const count = counted(files.length, 'file')
    const why =
      this.#choice.order === 'names' ? 'came after greater names had been read' : 'came without a message about it'
    log.event({
      type: 'source-late',
      level,
      directory: this.#directories,
      files: files.length,
      total: this.#late,
      example: files[0].path,
      message: `${count} of ${this.#directories} ${why}, such as ${files[0].path}: read by this batch`,
    })
  }

  #report(
    reason: 'old' | 'late' | 'unseen' | 'future' | 'again' | 'changed' | 'hidden',
    files: readonly ListedFile[],
    { log }: SourceIo,
    more = 0,
  ): void {
    const versions = new Map(files.map(({ path, mtimeMs, size }) => [path, `${path}\0${mtimeMs}\0${size}`]))
    const version = (path: string): string => (reason === 'changed' || reason === 'again' ? versions.get(path)! : path)
    this.#leftOut.report(reason, [...versions.keys()], log, { version, more })
  }

  /** What is as it was stays: a map of a hundred thousand files made anew in each batch is slow, and garbage soon. */
  #remember(files: readonly ListedFile[]): void {
    const before = (this.#before ??= new Map<string, ListedFile>())
    for (const file of files) if (before.get(file.path) !== file) before.set(file.path, file)
    if (before.size === files.length) return
    const present = new Set(files.map(({ path }) => path))
    for (const path of before.keys()) if (!present.has(path)) before.delete(path)
  }

  /** Those that the last listing of this process did not show: nobody can tell what became of the others before. */
  #appeared(files: readonly ListedFile[]): readonly ListedFile[] {
    const before = this.#before
    return before ? files.filter((file) => !before.has(file.path)) : []
  }

  /** `null`: this process has not seen it before. */
  #isChanged({ path, mtimeMs, size }: ListedFile): boolean | null {
    const before = this.#before?.get(path)
    return before ? before.mtimeMs !== mtimeMs || before.size !== size : null
  }
}

const FUTURE_MS = 60_000

const someOf = <T>(value: T | undefined, holds: (value: T) => boolean): boolean => value !== undefined && holds(value)

const nothingBesides = (): Besides => ({ hidden: [], others: [], present: [] })

const SHOWN_MAX = 20

function describe(files: readonly ListedFile[]): string {
  const shown = files.slice(0, SHOWN_MAX).map((file) => file.path)
  return (files.length > shown.length ? [...shown, `and ${files.length - shown.length} more`] : shown).join('\n')
}
