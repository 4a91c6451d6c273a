import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { verifyApp } from '../../lib/cli/verify-directory.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { laws } from '../api/dstream/laws.ts'
import { withSeeds } from '../support/dice.ts'
import { runBatches } from '../support/run.ts'

const BATCHES = 12

test(
  'verify finds nothing in what true programs write, through restarts, other numbers of partitions and ' + 'sweeps',
  (t) =>
    withSeeds(t, 2, async (dice) => {
      for (const { sentence, make } of laws) {
        const { build, batches } = make(dice, BATCHES)
        const dir = await temporaryFolder(t)
        const stop = dice.between(1, BATCHES - 1)
        const lives = [
          { batches: stop, partitions: dice.between(1, 4) },
          { batches: BATCHES - stop, partitions: dice.between(1, 4) },
        ]
        const { errors } = await runBatches(build, batches, {
          dir,
          lives,
          conf: { 'sluice.keepBatches': String(dice.oneOf([2, 3, 50])) },
        })
        assert.deepEqual(errors, [], sentence)
        const { violation, batches: found, swept } = await verifyApp(join(dir, 'test'))
        assert.equal(violation, null, `${sentence}: ${violation?.what}`)
        assert.equal(found + swept, BATCHES, sentence)
      }
    }),
)

test('verify finds nothing where outputs failed and are owed, over a restart', async (t) => {
  const dir = await temporaryFolder(t)
  let shown = 0
  await runBatches(
    (input) => {
      const sums = input().updateStateByKey<number>((values, sum) => values.length + (sum ?? 0))
      sums.foreachRDD(() => {
        if (++shown < 4) throw new Error('not yet')
      })
      return sums.map(([key]) => key)
    },
    [[['a', 1]], [['b', 1]], [['c', 1]], [['d', 1]], [['e', 1]]],
    { dir, lives: [{ batches: 3 }, { batches: 2 }] },
  )
  const { violation, batches } = await verifyApp(join(dir, 'test'))
  assert.deepEqual([violation, batches], [null, 5])
})
