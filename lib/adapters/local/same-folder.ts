import { statSync } from 'node:fs'
import { SluiceError } from '../../model/errors.ts'

/**
 * A folder that must stay what it was when it was opened. Moved away or deleted, its path leads nowhere, or to an empty
 * folder that would be written to as if it were the old one; so whoever reads or writes asks first.
 */
export class SameFolder {
  readonly #path: string
  readonly #identity: string | null

  constructor(path: string) {
    this.#path = path
    this.#identity = identityOf(path)
  }

  /** Throws `E_DIR_MOVED` while the path does not lead to the folder that was opened. */
  check(): void {
    const now = identityOf(this.#path)
    if (now !== null && now === this.#identity) return
    throw new SluiceError(
      'E_DIR_MOVED',
      `${this.#path} ${now === null ? 'is gone' : 'is another directory now'}: it was moved or deleted while in use.`,
      {
        where: { detail: this.#path },
        did: 'nothing was written; the batch runs again once the directory is back',
        next: ['move the directory back', 'or stop, restore it from a backup, and start again'],
        retry: true,
      },
    )
  }
}

function identityOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true })
  return found ? `${found.dev}:${found.ino}` : null
}
