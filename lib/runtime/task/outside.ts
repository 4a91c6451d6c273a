import { SluiceError } from '../../model/errors.ts'

/**
 * Tells what stores and sources threw from what functions of the program did: the first says nothing about any record.
 */
export class Outside {
  readonly #thrown = new WeakSet<object>()

  note(error: unknown): void {
    if (typeof error === 'object' && error !== null) this.#thrown.add(error)
  }

  /**
   * Errors with a code of ours are known by that, since they are made anew when more is known about where they
   * happened.
   */
  isOf(error: unknown): boolean {
    if (error instanceof SluiceError) return /^E_(BLOB|FILE|HEAD|FUNCTION)_/.test(error.code)
    return typeof error === 'object' && error !== null && this.#thrown.has(error)
  }
}
