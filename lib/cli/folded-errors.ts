import { factsOf } from './error-lines.ts'

/** How long the same error may go on before its repetitions are mentioned. */
const MENTION_MS = 60_000

/** An error that comes again and again is told once; then only how often. */
export class FoldedErrors {
  #last = ''
  #repeated = 0
  #mentioned = 0

  /** `tell`: this one is new. `folded`: repetitions of the one before that are to be mentioned now. */
  take(error: unknown, now: number): { readonly tell: boolean; readonly folded: number } {
    const { code, message, where } = factsOf(error)
    const key = JSON.stringify([code, message.replaceAll(/\d+/g, 'n'), where.operator, where.place])
    if (key !== this.#last) {
      const folded = this.rest()
      this.#last = key
      this.#mentioned = now
      return { tell: true, folded }
    }
    this.#repeated++
    if (now - this.#mentioned < MENTION_MS) return { tell: false, folded: 0 }
    this.#mentioned = now
    return { tell: false, folded: this.rest() }
  }

  /** Repetitions that nobody has mentioned. */
  rest(): number {
    const rest = this.#repeated
    this.#repeated = 0
    return rest
  }
}
