import { StringTable } from './string-table.ts'

const NONE: readonly number[] = []

/** A running sum per key in an own table. */
export class HandState {
  count = 0
  sum = 0
  readonly table: StringTable
  readonly values: Float64Array
  readonly #came: Int32Array

  constructor(keys: number) {
    this.table = new StringTable(keys)
    this.values = new Float64Array(keys)
    this.#came = new Int32Array(keys)
  }

  /** Once per record, as `mapWithState`: what it returns goes to the sink. */
  mapBatch(chunks: readonly (readonly (readonly [string, number])[])[]): void {
    for (const pairs of chunks) {
      for (const [key, value] of pairs) {
        const id = this.table.upsert(key)
        const next = this.values[id]! + value
        this.values[id] = next
        const out: [string, number] = [key, next]
        this.count++
        this.sum += out[1]
      }
    }
  }

  /** Values of a batch by key, then every key once, as `updateStateByKey`. */
  updateBatch(chunks: readonly (readonly (readonly [string, number])[])[], update: (values: readonly number[], state: number | undefined) => number): void {
    const gathered: number[][] = []
    const came = this.#came.fill(0)
    for (const pairs of chunks) {
      for (const [key, value] of pairs) {
        const id = this.table.upsert(key)
        if (came[id] === 0) came[id] = gathered.push([value])
        else gathered[came[id]! - 1]!.push(value)
      }
    }
    for (let id = 0; id < this.table.size; id++) {
      this.values[id] = update(came[id] === 0 ? NONE : gathered[came[id]! - 1]!, this.values[id])
      this.count++
      this.sum += this.values[id]!
    }
  }

  *rows(): Iterable<[string, number]> {
    for (let id = 0; id < this.table.size; id++) yield [this.table.keys[id]!, this.values[id]!]
  }
}
