import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'

export const INTERVAL_MS = 100
/** Batches that a window spans. */
export const WINDOW = 5

export interface Line {
  readonly id: number
  readonly word: string
  readonly n: number
}

/** Lines with numbers that rise by one, file by file. */
export class Lines {
  readonly all: Line[] = []
  readonly #random: SeededRandom

  constructor(seed: number) {
    this.#random = new SeededRandom(seed ^ 0x11e5)
  }

  nextFile(): string {
    const from = this.all.length
    for (let left = Math.floor(this.#random.next() * 40); left >= 0; left--) {
      this.all.push({
        id: this.all.length,
        word: `w${Math.floor(this.#random.next() * 9)}`,
        n: Math.floor(this.#random.next() * 1000),
      })
    }
    return this.all
      .slice(from)
      .map(({ id, word, n }) => `${id} ${word} ${n}\n`)
      .join('')
  }
}
