import type { FileLister, Listing } from '../../lib/source/file-cut.ts'
import type { ListedFile } from '../../lib/source/file-selection.ts'
import type { Arrivals } from '../../lib/source/unseen-files.ts'

const PAGE_FILES = 1000

/** A store of objects whose content a test decides; it counts what it is asked. */
export class ScriptedStore {
  readonly lister: FileLister
  /** Pages asked for since this was last set. */
  lists = 0
  clockMs: number | undefined
  #names: readonly string[]
  readonly #fileOf: (name: string) => ListedFile

  /** `names` in order; `fileOf` makes what a listing shows of each. */
  constructor(
    names: readonly string[],
    fileOf: (name: string) => ListedFile = objectOf,
    more: { readonly arrivals?: Arrivals; readonly forgets?: true } = { forgets: true },
  ) {
    this.#names = names
    this.#fileOf = fileOf
    const pages = (after: string): AsyncGenerator<Listing> => this.#pages(after)
    this.lister = { ...more, pages: (_directories, after) => pages(after) }
  }

  set names(names: readonly string[]) {
    this.#names = [...names].sort()
  }

  async *#pages(after: string): AsyncGenerator<Listing> {
    const names = this.#names
    const first = names.findIndex((name) => name > after)
    for (let at = first < 0 ? names.length : first; ; at += PAGE_FILES) {
      this.lists++
      const files = names.slice(at, at + PAGE_FILES).map(this.#fileOf)
      const last = files.at(-1)?.path
      const more = at + PAGE_FILES < names.length
      const clock = this.clockMs === undefined ? {} : { clockMs: this.clockMs }
      yield { files, more, ...(last === undefined ? {} : { last }), ...clock }
      if (!more) return
    }
  }
}

/** An object of that name, the same each time. */
export const objectOf = (path: string): ListedFile => ({ path, mtimeMs: 1, size: 1, etag: `"${path}"` })
