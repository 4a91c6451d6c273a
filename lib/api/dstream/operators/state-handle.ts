import { SluiceError } from '../../../model/errors.ts'
import { ownCopy, sameBytes } from '../../../state/own-copy.ts'

/**
 * The state of one key while `mapWithState`'s function looks at it (Spark: `State`). Not to be kept beyond the call.
 */
export interface State<S> {
  /** Whether the key has state. Spark: `State.exists`. */
  exists(): boolean
  /**
   * The state, which may be changed in place: what it holds when the function returns is kept, as with `update`. Throws
   * `E_STATE_ABSENT` (Spark: NoSuchElementException) when there is none. Spark: `State.get`.
   */
  get(): S
  /** The state, `undefined` where there is none. Spark: `State.getOption`. */
  getOption(): S | undefined
  /** Throws `E_STATE_CLOSED` after `remove` or while timing out. Spark: `State.update`. */
  update(state: S): void
  /** Throws `E_STATE_CLOSED` the second time or while timing out. Spark: `State.remove`. */
  remove(): void
  /**
   * Whether this call is the last one of a key without data: the state can be read and no longer changed. Spark:
   * `State.isTimingOut`.
   */
  isTimingOut(): boolean
}

/** One handle serves all keys of a partition in turn. */
export class StateHandle<S> implements State<S> {
  #state: S | undefined
  /** What is stored, once a copy of it was handed out. */
  #stored: S | undefined
  #timingOut = false
  #updated = false
  #removed = false

  wrap(state: S | undefined): void {
    this.#state = state
    this.#stored = undefined
    this.#timingOut = false
    this.#updated = false
    this.#removed = false
  }

  wrapTimingOut(state: S): void {
    this.wrap(state)
    this.#timingOut = true
  }

  exists(): boolean {
    return this.#state !== undefined
  }
  getOption(): S | undefined {
    const state = this.#state
    if (typeof state !== 'object' || state === null || this.#updated || this.#stored !== undefined) return state
    this.#stored = state
    return (this.#state = ownCopy(state))
  }
  isTimingOut(): boolean {
    return this.#timingOut
  }
  /** Whether there is another state than before: given to `update`, or changed in place. */
  isUpdated(): boolean {
    return this.#updated || (this.#stored !== undefined && !this.#removed && !sameBytes(this.#stored, this.#state))
  }
  isRemoved(): boolean {
    return this.#removed
  }

  get(): S {
    const state = this.getOption()
    if (state !== undefined) return state
    throw new SluiceError('E_STATE_ABSENT', 'State is not set', {
      did: 'the batch was not committed',
      spark: 'NoSuchElementException',
      next: ['ask exists() first, or use getOption()'],
    })
  }

  update(state: S): void {
    this.#assertOpen('update')
    this.#state = state
    this.#updated = true
  }

  remove(): void {
    this.#assertOpen('remove')
    this.#state = undefined
    this.#updated = false
    this.#removed = true
  }

  #assertOpen(doing: string): void {
    if (!this.#removed && !this.#timingOut) return
    const why = this.#removed ? 'has already been removed' : 'is going to be removed because it timed out'
    throw new SluiceError('E_STATE_CLOSED', `Cannot ${doing} the state: it ${why}.`, {
      did: 'the batch was not committed',
      spark: 'IllegalArgumentException',
      next: [`do not call ${doing} after remove() or when isTimingOut()`],
    })
  }

  toString(): string {
    return this.#state === undefined ? '<state not set>' : String(this.#state)
  }
}
