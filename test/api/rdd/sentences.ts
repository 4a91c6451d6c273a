import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'
import { RDD } from '../../../lib/api/rdd/rdd.ts'
import { SparkContext } from '../../../lib/api/rdd/spark-context.ts'
import { naturalOrder } from '../../../lib/lineage/ordering.ts'

/** A context of its own for each sentence: four partitions unless told otherwise. */
export const newContext = (): SparkContext => new SparkContext('local[4]', 'test')

/** A sentence about data: what `act` makes of a fresh context. RDDs are collected. */
export function gives(sentence: string, act: (sc: SparkContext) => unknown, expected: unknown): void {
  test(sentence, () => {
    assert.deepEqual(resultOf(act), expected)
  })
}

/** The same where a shuffle leaves the order open. */
export function givesInAnyOrder(
  sentence: string,
  act: (sc: SparkContext) => unknown,
  expected: readonly unknown[],
): void {
  test(sentence, () => {
    assert.deepEqual(sorted(resultOf(act) as unknown[]), sorted(expected))
  })
}

/** Refused, with this code. */
export function refuses(sentence: string, code: string, act: (sc: SparkContext) => unknown): void {
  test(sentence, () => {
    assert.throws(() => resultOf(act), { code })
  })
}

/** A law that must hold for random data. The seed is printed; `SLUICE_SEED` repeats a run. */
export function law(sentence: string, holds: (sc: SparkContext, random: RandomData) => void): void {
  test(sentence, (t) => {
    const first =
      process.env.SLUICE_SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(process.env.SLUICE_SEED)
    for (let seed = first; seed < first + 20; seed++) {
      try {
        holds(newContext(), new RandomData(seed))
      } catch (error) {
        t.diagnostic(`SLUICE_SEED=${seed}`)
        throw error
      }
    }
  })
}

class RandomData {
  readonly #random: SeededRandom

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  below(count: number): number {
    return Math.floor(this.#random.next() * count)
  }
  numbers(countMax = 200, valueMax = 50): number[] {
    return Array.from({ length: this.below(countMax) }, () => this.below(valueMax))
  }
  pairs(countMax = 200, keys = 20): [string, number][] {
    return this.numbers(countMax, keys).map((key) => [`k${key}`, this.below(100)])
  }
  slices(): number {
    return 1 + this.below(7)
  }
}

export const sorted = <T>(records: readonly T[]): T[] =>
  records
    .map((record) => [JSON.stringify(record) ?? '', record] as const)
    .sort((a, b) => naturalOrder(a[0], b[0]))
    .map(([, record]) => record)

function resultOf(act: (sc: SparkContext) => unknown): unknown {
  const result = act(newContext())
  return result instanceof RDD ? result.collect() : result
}
