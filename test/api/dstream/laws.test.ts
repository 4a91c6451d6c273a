import { test } from 'node:test'
import { withSeeds } from '../../support/dice.ts'
import { check } from '../../support/run.ts'
import { laws } from './laws.ts'

const RUNS = 6
const BATCHES = 14

for (const { sentence, make } of laws) {
  test(sentence, (t) =>
    withSeeds(t, RUNS, async (dice) => {
      const { build, batches, expected } = make(dice, BATCHES)
      await check(build, {
        batches,
        expected,
        partitions: dice.oneOf([1, 2, 3, 7]),
        splits: dice.oneOf([0, 1, 3]) || 2,
      })
    }),
  )
}
