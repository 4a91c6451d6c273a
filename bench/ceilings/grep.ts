import { lineChunks, type TextRange } from '../text-blocks.ts'

/** Number and length of the lines that hold a word, in one loop. */
export class HandGrep {
  count = 0
  sum = 0
  readonly #word: string

  constructor(word: string) {
    this.#word = word
  }

  batch(ranges: readonly TextRange[]): void {
    const word = this.#word
    for (const range of ranges) {
      for (const lines of lineChunks(range)) {
        for (const line of lines) {
          if (!line.includes(word)) continue
          this.count++
          this.sum += line.length
        }
      }
    }
  }
}
