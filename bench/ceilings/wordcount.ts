import { lineChunks, type TextRange } from '../text-blocks.ts'
import { StringTable, withRoom } from './string-table.ts'

/** The closures of the program, called as often as the engine has to call them. */
export interface WordCountClosures {
  readonly split: (line: string) => string[]
  readonly pair: (word: string) => [string, number]
  readonly add: (a: number, b: number) => number
  readonly update: (values: readonly number[], total: number | undefined) => number
}

const NONE: readonly number[] = []

/** Counts words of a batch and keeps running totals, in loops written for nothing else. */
export class OwnTableWordCount {
  count = 0
  sum = 0
  readonly #closures: WordCountClosures
  readonly totals = new StringTable()
  values = new Float64Array(1024)

  constructor(closures: WordCountClosures) {
    this.#closures = closures
  }

  batch(ranges: readonly TextRange[]): void {
    const table = new StringTable()
    let counts = new Float64Array(1024)
    const { split, pair, add } = this.#closures
    for (const range of ranges) {
      for (const lines of lineChunks(range)) {
        for (const line of lines) {
          for (const word of split(line)) {
            const [key, value] = pair(word)
            const known = table.size
            const id = table.upsert(key)
            if (id === counts.length) counts = withRoom(counts, id + 1)
            counts[id] = id === known ? value : add(counts[id], value)
          }
        }
      }
    }
    this.#addToTotals(table, counts)
  }

  /** Every key is updated in every batch, as `updateStateByKey` does. */
  #addToTotals(table: StringTable, counts: Float64Array): void {
    const { update } = this.#closures
    const { totals } = this
    const old = totals.size
    // For each total, 1 + the number of its word in this batch.
    const came = new Int32Array(old + table.size)
    for (let id = 0; id < table.size; id++) came[totals.upsertHashed(table.keys[id], table.hashAt(id))] = id + 1
    this.values = withRoom(this.values, totals.size)
    for (let id = 0; id < totals.size; id++) {
      this.values[id] = update(came[id] === 0 ? NONE : [counts[came[id] - 1]], id < old ? this.values[id] : undefined)
      this.count++
      this.sum += this.values[id]
    }
  }

  *rows(): Iterable<[string, number]> {
    for (let id = 0; id < this.totals.size; id++) yield [this.totals.keys[id], this.values[id]]
  }
}

/** The same with `Map`, for comparison. */
export class MapWordCount {
  count = 0
  sum = 0
  readonly #closures: WordCountClosures
  readonly totals = new Map<string, number>()

  constructor(closures: WordCountClosures) {
    this.#closures = closures
  }

  batch(ranges: readonly TextRange[]): void {
    const { split, pair, add, update } = this.#closures
    const counts = new Map<string, number>()
    for (const range of ranges) {
      for (const lines of lineChunks(range)) {
        for (const line of lines) {
          for (const word of split(line)) {
            const [key, value] = pair(word)
            const before = counts.get(key)
            counts.set(key, before === undefined ? value : add(before, value))
          }
        }
      }
    }
    for (const [key, count] of counts) this.totals.set(key, update([count], this.totals.get(key)))
    for (const [key, total] of this.totals) {
      if (!counts.has(key)) this.totals.set(key, update(NONE, total))
      this.count++
      this.sum += this.totals.get(key)!
    }
  }

  rows(): Iterable<[string, number]> {
    return this.totals
  }
}
