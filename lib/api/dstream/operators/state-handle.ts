import { SluiceError } from '../../../model/errors.ts'

/**
 * The state of one key while `mapWithState`'s function looks at it (Spark: `State`). Not to be kept beyond the call.
 */
export interface State<S> {
  /** Whether the key has state. Spark: `State.exists`. */
  exists(): boolean
  /** Throws `E_STATE_ABSENT` (Spark: NoSuchElementException) when there is none. Spark: `State.get`. */
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
  #timingOut = false
  #updated = false
  #removed = false

  wrap(state: S | undefined): void {
    this.#state = state
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
    return this.#state
  }
  isTimingOut(): boolean {
    return this.#timingOut
  }
  isUpdated(): boolean {
    return this.#updated
  }
  isRemoved(): boolean {
    return this.#removed
  }

  get(): S {
    if (this.#state !== undefined) return this.#state
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
