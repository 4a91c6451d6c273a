/** The output of a process, with marks in it that say how far an invocation has come; they are not passed on. */
export class MarkedOutput {
  readonly #wrote: (text: string) => void
  #held = ''
  #mark: { readonly text: string; readonly reached: () => void } | null = null

  constructor(wrote: (text: string) => void) {
    this.#wrote = wrote
  }

  /** Resolves once `mark` has come; there is one at a time. */
  until(mark: string): Promise<void> {
    return new Promise((reached) => {
      this.#mark = { text: `${mark}\n`, reached }
    })
  }

  /** Whole lines are passed on at once; a part of one may be the beginning of a mark. */
  take(text: string): void {
    this.#held += text
    const { text: mark, reached } = this.#mark ?? { text: '', reached: () => {} }
    const at = mark === '' ? -1 : this.#held.indexOf(mark)
    if (at >= 0) {
      this.#mark = null
      this.#pass(this.#held.slice(0, at))
      this.#held = this.#held.slice(at + mark.length)
      return reached()
    }
    const lines = this.#held.lastIndexOf('\n') + 1
    this.#pass(this.#held.slice(0, lines))
    this.#held = this.#held.slice(lines)
  }

  /** Nothing more comes. */
  end(): void {
    this.#pass(this.#held)
    this.#held = ''
  }

  #pass(text: string): void {
    if (text !== '') this.#wrote(text)
  }
}
