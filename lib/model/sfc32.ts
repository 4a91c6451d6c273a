/**
 * The generator sfc32: the same seeds give the same bits on every machine. The first draws of close seeds are alike;
 * `thrownAway` of them are skipped.
 */
export class Sfc32 {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(a: number, b: number, c: number, thrownAway: number) {
    ;[this.#a, this.#b, this.#c] = [a | 0, b | 0, c | 0]
    for (let i = 0; i < thrownAway; i++) this.bits()
  }

  /** 32 uniform bits, unsigned. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** Uniform in [0, 1), to the last bit of a double. */
  next(): number {
    return (this.bits() * 2 ** 21 + (this.bits() >>> 11)) / 2 ** 53
  }
}
