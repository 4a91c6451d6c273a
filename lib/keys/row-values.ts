import type { KeyRows } from './key-rows.ts'

/**
 * Values by id, beside the keys that they belong to. Numbers lie in the rows until the first value of another type
 * (`undefined` included) moves all of them to a plain array, for good. What an id holds before its first `set` is not
 * defined.
 */
export class RowValues {
  readonly #rows: KeyRows
  #isNumeric = true
  #values: unknown[] = []

  constructor(rows: KeyRows) {
    this.#rows = rows
  }

  get(id: number): unknown {
    return this.#isNumeric ? this.#rows.numberAt(id) : this.#values[id]
  }

  set(id: number, value: unknown): void {
    if (this.#isNumeric && typeof value === 'number') this.#rows.setNumber(id, value)
    else this.#setOther(id, value)
  }

  #setOther(id: number, value: unknown): void {
    if (this.#isNumeric) this.#leaveNumbers()
    while (this.#values.length < id) this.#values.push(undefined)
    this.#values[id] = value
  }

  #leaveNumbers(): void {
    const { size } = this.#rows
    for (let id = 0; id < size; id++) this.#values.push(this.#rows.numberAt(id))
    this.#isNumeric = false
  }

  /** A copy of the values of these ids; numbers in a typed array. */
  pick(ids: ArrayLike<number>): Float64Array | unknown[] {
    if (!this.#isNumeric) return Array.from(ids, (id) => this.#values[id])
    const picked = new Float64Array(ids.length)
    for (let i = 0; i < ids.length; i++) picked[i] = this.#rows.numberAt(ids[i])
    return picked
  }

  /** Drops the value of a removed id, so that nothing keeps it alive. */
  reset(id: number): void {
    if (this.#isNumeric) this.#rows.setNumber(id, 0)
    else if (id < this.#values.length) this.#values[id] = undefined
  }
}
