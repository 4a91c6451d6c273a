import type { TestContext } from 'node:test'
import { SeededRandom } from '../../lib/adapters/local/seeded-random.ts'
import type { Batch } from './run.ts'

/** Random data from one seed. */
export class Dice {
  readonly #random: SeededRandom

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  below(count: number): number {
    return Math.floor(this.#random.next() * count)
  }
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }
  chance(probability: number): boolean {
    return this.#random.next() < probability
  }
  oneOf<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]
  }
  /** A number with many significant bits, so that the order of additions shows. */
  fraction(): number {
    return (this.#random.next() - 0.5) * 10 ** this.below(6)
  }

  /** Keys of every kind; a few of them get most of the records. */
  key = (): unknown => {
    const n = this.chance(0.5) ? this.below(3) : this.below(40)
    return this.oneOf([`key ${n}`, n, n, [n, 'a'], ['a', [n]], { id: n }, null, NaN, n % 2 === 0, -(n + 1) / 4])
  }

  value = (): number => this.between(-5, 5)

  /** Batches of `record()`: many small ones, some empty, some large; some missing where `gaps`. */
  batches<T>(count: number, record: () => T, { gaps = false }: { readonly gaps?: boolean } = {}): Batch<T>[] {
    return Array.from({ length: count }, () => {
      if (this.chance(0.15)) return gaps && this.chance(0.5) ? null : []
      return Array.from({ length: this.chance(0.1) ? 200 : this.below(12) }, record)
    })
  }

  pairs(count: number, options: { readonly gaps?: boolean } = {}): Batch<[unknown, number]>[] {
    return this.batches(count, (): [unknown, number] => [this.key(), this.value()], options)
  }
}

/**
 * Runs `body` with `runs` seeds, `SLUICE_TIMES` as many for a long search. A failure names its seed, and `SLUICE_SEED`
 * runs that one again.
 */
export async function withSeeds(
  t: TestContext,
  runs: number,
  body: (dice: Dice, seed: number) => unknown,
): Promise<void> {
  const given = process.env.SLUICE_SEED
  const first = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given)
  const count = given === undefined ? runs * Number(process.env.SLUICE_TIMES ?? 1) : 1
  for (let seed = first; seed < first + count; seed++) {
    try {
      await body(new Dice(seed), seed)
    } catch (error) {
      t.diagnostic(`SLUICE_SEED=${seed}`)
      throw error
    }
  }
}
