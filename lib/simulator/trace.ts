const LINES_KEPT = 400

/**
 * What happened in a simulation: a hash of all of it, and the last lines in words. Two runs of one seed have equal
 * hashes.
 */
export class Trace {
  #hash = 0x811c9dc5
  #count = 0
  readonly #lines: string[] = []

  add(time: number, what: string): void {
    const line = `${time} ${what}`
    for (let i = 0; i < line.length; i++) this.#hash = Math.imul(this.#hash ^ line.charCodeAt(i), 0x01000193)
    this.#count++
    this.#lines.push(line)
    if (this.#lines.length > 2 * LINES_KEPT) this.#lines.splice(0, LINES_KEPT)
  }

  get hash(): string {
    return `${this.#count}-${(this.#hash >>> 0).toString(16)}`
  }
  get lines(): readonly string[] {
    return this.#lines
  }
}
