/** How long the same may be repeated before its repetitions are mentioned. */
const MENTION_MS = 60_000

/** What is said again and again is said once; then only how often. */
export class Repetitions {
  #last = ''
  #repeated = 0
  #mentioned = 0

  /** `isNew`: it has not just been said. `folded`: repetitions of what was said last that are to be mentioned now. */
  take(text: string, now: number): { readonly isNew: boolean; readonly folded: number } {
    if (text !== this.#last) {
      const folded = this.rest()
      this.#last = text
      this.#mentioned = now
      return { isNew: true, folded }
    }
    this.#repeated++
    if (now - this.#mentioned < MENTION_MS) return { isNew: false, folded: 0 }
    this.#mentioned = now
    return { isNew: false, folded: this.rest() }
  }

  /** Repetitions that nobody has mentioned. */
  rest(): number {
    const rest = this.#repeated
    this.#repeated = 0
    return rest
  }
}
