import { type FSWatcher, watch } from 'node:fs'
import { dirname, join } from 'node:path'

/** Editors save in several steps. */
const SETTLE_MS = 80

/**
 * Tells when one of some files changes. It watches their folders: an editor may put a new file in the place of the old
 * one.
 */
export class FileWatcher {
  readonly #changed: (path: string) => void
  readonly #files = new Set<string>()
  readonly #folders = new Map<string, FSWatcher>()
  #timer: NodeJS.Timeout | undefined

  constructor(changed: (path: string) => void) {
    this.#changed = changed
  }

  add(file: string): void {
    this.#files.add(file)
    const folder = dirname(file)
    if (this.#folders.has(folder)) return
    const watcher = watch(folder, (_event, name) => {
      if (name !== null && this.#files.has(join(folder, name))) this.#settle(join(folder, name))
    })
    // A folder that was deleted is not watched any more, which is no reason to end.
    watcher.on('error', () => {
      this.#folders.delete(folder)
    })
    this.#folders.set(folder, watcher)
  }

  #settle(path: string): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#changed(path), SETTLE_MS)
  }
}
