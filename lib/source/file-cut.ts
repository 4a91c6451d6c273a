import type { Json } from '../model/json.ts'
import type { Cut } from '../model/manifest.ts'
import { isVisible, type ListedFile, selectByTime, type SelectionState } from './file-selection.ts'
import type { FileSplit } from './file-splits.ts'
import { SeenFiles, type SeenState } from './seen-files.ts'
import type { CutRequest, SourceIo } from './source.ts'

/** Lists directories of any kind of store. */
export interface FileLister {
  /**
   * The files directly in the directories that match `directories`, in order of path; `null` when no directory matches.
   */
  list(directories: string): Promise<readonly ListedFile[] | null>
}

/** Which files of a directory a source takes. */
export interface FileChoice {
  /** Which files belong to the stream, by path. Default: those whose name does not begin with a dot. */
  readonly filter?: (path: string) => boolean
  /**
   * `times` (default): Spark's rule, by modification time, looking back `minRememberMs`. `seen`: every file once,
   * whenever it appears, also those that were there before the stream (unless `newFilesOnly`); right for object stores.
   */
  readonly select?: 'times' | 'seen'
  /** Leave out what was modified before the stream was created. Default: true for `times`, false for `seen`. */
  readonly newFilesOnly?: boolean
  /** `times` only: how long a file may take to become visible (default 60,000 ms). */
  readonly minRememberMs?: number
  /** `seen` only: most files in a batch; the others wait for the next. */
  readonly maxFilesPerBatch?: number
}

const MIN_REMEMBER_MS = 60_000

type Position = { readonly times: SelectionState } | { readonly created: number; readonly seen: SeenState }

/** What is new in some directories: the rule, without knowing how files are listed or read. */
export class FileCutter {
  readonly #directories: string
  readonly #lister: FileLister
  readonly #choice: FileChoice
  readonly #split: (file: ListedFile) => readonly FileSplit[]
  readonly #seen = new SeenFiles()
  #missing = false

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
  }

  async cut(request: CutRequest): Promise<Cut> {
    const files = (await this.#list(request)).filter((file) => (this.#choice.filter ?? isVisible)(file.path))
    const { selected, position } = await this.#select(files, request)
    return {
      position: position as unknown as Json,
      splits: selected.flatMap(this.#split) as unknown as Json[],
      records: null,
      description: describe(selected),
    }
  }

  async committed(position: Json, io: SourceIo): Promise<void> {
    const { seen } = position as unknown as { seen?: SeenState }
    if (seen) await this.#seen.sweep(seen, io)
  }

  /** A directory that is not there yet is not an error: it may come. */
  async #list({ io }: CutRequest): Promise<readonly ListedFile[]> {
    const files = await this.#lister.list(this.#directories)
    if (!files && !this.#missing)
      io.log.event({ type: 'source-directory-missing', level: 'warn', directory: this.#directories })
    this.#missing = !files
    return files ?? []
  }

  async #select(
    files: readonly ListedFile[],
    request: CutRequest,
  ): Promise<{ selected: readonly ListedFile[]; position: Position }> {
    const { time, intervalMs, zeroTime, startedAt = zeroTime, io } = request
    const {
      select = 'times',
      newFilesOnly = select === 'times',
      minRememberMs = MIN_REMEMBER_MS,
      maxFilesPerBatch = Infinity,
    } = this.#choice
    const before = request.position as unknown as Position | null
    if (select === 'times') {
      const state = before && 'times' in before ? before.times : { created: startedAt, recent: [] }
      const { selected, next } = selectByTime(files, time, state, { intervalMs, minRememberMs, newFilesOnly })
      return { selected, position: { times: next } }
    }
    const { created, seen } =
      before && 'seen' in before ? before : { created: startedAt, seen: { object: null, recent: [] } }
    const candidates = newFilesOnly ? files.filter((file) => file.mtimeMs > created) : files
    const { selected, next } = await this.#seen.select(candidates, seen, maxFilesPerBatch, io)
    return { selected, position: { created, seen: next } }
  }
}

const SHOWN_MAX = 20

function describe(files: readonly ListedFile[]): string {
  const shown = files.slice(0, SHOWN_MAX).map((file) => file.path)
  return (files.length > shown.length ? [...shown, `and ${files.length - shown.length} more`] : shown).join('\n')
}
