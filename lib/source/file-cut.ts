import type { Cut } from '../model/manifest.ts'
import { isVisible, type ListedFile, selectByTime, type SelectionState } from './file-selection.ts'
import type { FileSplit } from './file-splits.ts'
import { LeftOut } from './left-out.ts'
import { SeenFiles, type SeenState } from './seen-files.ts'
import type { CutRequest, SourceIo } from './source.ts'

/** Lists directories of any kind of store. */
export interface FileLister {
  /** What is directly in the directories that match `directories`; `null` when no directory matches. */
  list(directories: string): Promise<Listing | null>
}

export interface Listing {
  /** In order of path. */
  readonly files: readonly ListedFile[]
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

type SeenPosition = {
  readonly created: number
  readonly seen: SeenState
  /** The files of before the stream are among the seen ones; positions of earlier versions tell them by their time. */
  readonly marked?: true
}

interface Selected {
  readonly selected: readonly ListedFile[]
  readonly position: FilePosition
}

/** What is new in some directories: the rule, without knowing how files are listed or read. */
export class FileCutter {
  readonly #directories: string
  readonly #lister: FileLister
  readonly #choice: FileChoice
  readonly #split: (file: ListedFile) => readonly FileSplit[]
  readonly #seen = new SeenFiles()
  readonly #leftOut: LeftOut
  /** The files of the last listing. */
  #before: ReadonlyMap<string, ListedFile> | null = null
  #missing = false
  /** Files that were said to be written still. */
  readonly #growing = new Set<string>()

  constructor(
    directories: string,
    lister: FileLister,
    choice: FileChoice,
    split: (file: ListedFile) => readonly FileSplit[],
  ) {
    this.#directories = directories
    this.#lister = lister
    this.#choice = choice
    this.#split = split
    this.#leftOut = new LeftOut(directories)
  }

  async cut(request: CutRequest<FilePosition>): Promise<Cut<FilePosition, FileSplit>> {
    const listing = await this.#list(request)
    const unready = new Set(request.unready)
    this.#reportGrowing(unready, request)
    const files = listing.files.filter(
      (file) => (this.#choice.filter ?? isVisible)(file.path) && !unready.has(file.path),
    )
    const { select = 'times' } = this.#choice
    const { selected, position } =
      select === 'times' ? this.#byTime(files, request) : await this.#unseen(files, listing, request)
    this.#reportOthers(listing, request)
    this.#before = new Map(files.map((file) => [file.path, file]))
    return {
      position,
      splits: selected.flatMap(this.#split),
      records: null,
      description: describe(selected),
    }
  }

  async committed(position: FilePosition, io: SourceIo): Promise<void> {
    if ('seen' in position) await this.#seen.sweep(position.seen, io)
  }

  /** A directory that is not there yet is not an error: it may come. */
  async #list({ io }: CutRequest<FilePosition>): Promise<Listing> {
    const listing = await this.#lister.list(this.#directories)
    if (!listing && !this.#missing)
      io.log.event({
        type: 'source-directory-missing',
        level: 'warn',
        directory: this.#directories,
        message: `${this.#directories} is not there yet; its files are taken once it is`,
      })
    this.#missing = !listing
    return listing ?? { files: [] }
  }

  #byTime(files: readonly ListedFile[], request: CutRequest<FilePosition>): Selected {
    const { time, intervalMs, zeroTime, startedAt = zeroTime, io } = request
    const { newFilesOnly = true, minRememberMs = MIN_REMEMBER_MS } = this.#choice
    const before = request.position
    const stored = before && 'times' in before ? before.times : { created: startedAt, recent: [] }
    const state = { ...stored, last: stored.last ?? request.committedTime ?? zeroTime }
    const now = request.now ?? time
    const rule = { intervalMs, minRememberMs, newFilesOnly }
    const { selected, tooOld, taken, next } = selectByTime(files, { time, now }, state, rule)
    const tookAt = new Map(stored.recent.flatMap((batch) => batch.paths.map((path) => [path, batch.time])))
    this.#report(before === null ? 'old' : 'late', before === null ? tooOld : this.#appeared(tooOld), io)
    this.#report(
      'changed',
      taken.filter((file) => this.#isChanged(file) ?? file.mtimeMs > tookAt.get(file.path)!),
      io,
    )
    return { selected, position: { times: next } }
  }

  async #unseen(
    files: readonly ListedFile[],
    { clockMs }: Listing,
    request: CutRequest<FilePosition>,
  ): Promise<Selected> {
    const { zeroTime, startedAt = zeroTime, io } = request
    const { newFilesOnly = false, maxFilesPerBatch = Infinity } = this.#choice
    const before = request.position
    const first = !(before && 'seen' in before)
    const created = first ? createdAt(startedAt, clockMs, io.clock.now()) : before.created
    let seen: SeenState = first ? { object: null, recent: [] } : before.seen
    let candidates = files
    if (newFilesOnly && (first || !before.marked)) {
      const old = files.filter((file) => (clockMs === undefined ? file.mtimeMs <= created : file.mtimeMs < created))
      this.#report('old', old, io)
      seen = (await this.#seen.select(old, seen, Infinity, io)).next
      candidates = files.filter((file) => !old.includes(file))
    }
    const { selected, changed, next } = await this.#seen.select(candidates, seen, maxFilesPerBatch, io)
    this.#report('changed', changed, io)
    return { selected, position: { created, seen: next, ...(newFilesOnly ? { marked: true } : {}) } }
  }

  /** Said once for each file, however many batches wait for it. */
  #reportGrowing(unready: ReadonlySet<string>, { io }: CutRequest): void {
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

  #reportOthers({ files, others = [] }: Listing, { io }: CutRequest<FilePosition>): void {
    for (const reason of ['directory', 'name', 'special'] as const)
      this.#leftOut.report(
        reason,
        others.filter((each) => each.reason === reason).map(({ path }) => path),
        io.log,
      )
    if (!this.#choice.filter)
      this.#report(
        'hidden',
        files.filter(({ path }) => !isVisible(path)),
        io,
      )
    this.#leftOut.forget(new Set([...files, ...others].map(({ path }) => path)))
  }

  #report(reason: 'old' | 'late' | 'changed' | 'hidden', files: readonly ListedFile[], { log }: SourceIo): void {
    const versions = new Map(files.map(({ path, mtimeMs, size }) => [path, `${path}\0${mtimeMs}\0${size}`]))
    this.#leftOut.report(reason, [...versions.keys()], log, (path) =>
      reason === 'changed' ? versions.get(path)! : path,
    )
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

/** When the stream was created, by the clock that gives the files their times. */
const createdAt = (startedAt: number, clockMs: number | undefined, now: number): number =>
  clockMs === undefined ? startedAt : Math.floor((clockMs - Math.max(0, now - startedAt)) / 1000) * 1000

const SHOWN_MAX = 20

function describe(files: readonly ListedFile[]): string {
  const shown = files.slice(0, SHOWN_MAX).map((file) => file.path)
  return (files.length > shown.length ? [...shown, `and ${files.length - shown.length} more`] : shown).join('\n')
}
