/**
 * Values by id. Numbers stay in a `Float64Array` until the first value of another type (`undefined` included) moves all
 * of them to a plain array, for good. What an id holds before its first `set` is not defined; `KeyTable.size` tells new
 * ids.
 */
export class ValueColumn {
  /**
   * The values while `isNumeric`; may be longer than the ids in use. Replaced when the column grows: read it anew after
   * a `set`.
   */
  numbers: Float64Array
  isNumeric = true
  private values: unknown[] = []

  constructor(expectedIds: number = 16) {
    this.numbers = new Float64Array(Math.max(16, expectedIds))
  }

  get(id: number): unknown {
    return this.isNumeric ? this.numbers[id] : this.values[id]
  }

  set(id: number, value: unknown): void {
    if (this.isNumeric && typeof value === 'number' && id < this.numbers.length) this.numbers[id] = value
    else this.setSlowly(id, value)
  }

  /** A copy of the values of these ids; numbers in a typed array, 0 for an id that was never set. */
  pick(ids: ArrayLike<number>): Float64Array | unknown[] {
    return this.isNumeric ? this.#pickNumbers(ids) : Array.from(ids, (id) => this.values[id])
  }

  #pickNumbers(ids: ArrayLike<number>): Float64Array {
    const picked = new Float64Array(ids.length)
    for (let i = 0; i < ids.length; i++) if (ids[i] < this.numbers.length) picked[i] = this.numbers[ids[i]]
    return picked
  }

  /** Drops the value of a removed id, so that nothing keeps it alive. */
  reset(id: number): void {
    if (this.isNumeric) {
      if (id < this.numbers.length) this.numbers[id] = 0
    } else if (id < this.values.length) this.values[id] = undefined
  }

  /** Makes room for ids below `limit`, after which callers may write `numbers` directly. */
  reserve(limit: number): void {
    if (!this.isNumeric || limit <= this.numbers.length) return
    const grown = new Float64Array(Math.max(limit, 2 * this.numbers.length))
    grown.set(this.numbers)
    this.numbers = grown
  }

  /** Forgets all values. */
  clear(): void {
    this.values = []
    if (!this.isNumeric) this.numbers = new Float64Array(16)
    this.isNumeric = true
  }

  private setSlowly(id: number, value: unknown): void {
    if (this.isNumeric && typeof value === 'number') {
      this.reserve(id + 1)
      this.numbers[id] = value
      return
    }
    if (this.isNumeric) this.leaveNumbers()
    while (this.values.length < id) this.values.push(undefined)
    this.values[id] = value
  }

  private leaveNumbers(): void {
    this.values = Array.from(this.numbers)
    this.isNumeric = false
    this.numbers = new Float64Array(0)
  }
}
