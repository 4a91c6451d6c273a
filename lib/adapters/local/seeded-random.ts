import type { Random } from '../../host/random.ts'

/**
 * The same sequence for the same seed, on every machine. For simulations and tests only: runs drawn from one seed
 * in two processes are equal, so they name nothing safely.
 */
export class SeededRandom implements Random {
  readonly seed: number
  #a = 0x9e3779b9
  #b = 0x243f6a88
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.seed = seed
    this.#c = seed | 0
    // The first draws of close seeds are alike; these are thrown away.
    for (let i = 0; i < 15; i++) this.#bits()
  }

  newId(): string {
    return `${this.#hex()}${this.#hex()}${this.#hex()}${this.#hex()}`
  }

  next(): number {
    return (this.#bits() * 2 ** 21 + (this.#bits() >>> 11)) / 2 ** 53
  }

  #hex(): string {
    return this.#bits().toString(16).padStart(8, '0')
  }

  /** The generator sfc32: 32 uniform bits, unsigned. */
  #bits(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }
}
