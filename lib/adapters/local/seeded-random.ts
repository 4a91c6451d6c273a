import type { Random } from '../../host/random.ts'
import { Sfc32 } from '../../model/sfc32.ts'

/**
 * The same sequence for the same seed, on every machine. For simulations and tests only: runs drawn from one seed
 * in two processes are equal, so they name nothing safely.
 */
export class SeededRandom implements Random {
  readonly #bits: Sfc32

  constructor(seed: number) {
    this.#bits = new Sfc32(0x9e3779b9, 0x243f6a88, seed, 15)
  }

  newId(): string {
    return `${this.#hex()}${this.#hex()}${this.#hex()}${this.#hex()}`
  }

  next(): number {
    return this.#bits.next()
  }

  #hex(): string {
    return this.#bits.bits().toString(16).padStart(8, '0')
  }
}
