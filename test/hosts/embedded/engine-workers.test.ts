import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'
import { Dice, withSeeds } from '../../support/dice.ts'
import { check } from '../../support/run.ts'
import type { Law } from '../../support/law.ts'
import { inverseLaws, statelessLaws, windowLaws } from '../../api/dstream/laws.ts'
import { stateLaws } from '../../api/dstream/state-laws.ts'

const module = fileURLToPath(import.meta.resolve('../../support/law-program.ts'))
const BATCHES = 8

const someOf = (laws: readonly Law[], count: number, dice: Dice): readonly Law[] =>
  laws.toSorted(() => dice.below(2) - 0.5).slice(0, count)

test(
  'two task threads show what one process shows, law by law, also from a directory and with another ' +
    'number of threads after a restart',
  (t) =>
    withSeeds(t, 1, async (dice, seed) => {
      for (const { sentence, make } of [statelessLaws, windowLaws, inverseLaws, stateLaws].flatMap((laws) =>
        someOf(laws, 1, dice),
      )) {
        const partitions = dice.oneOf([1, 3])
        const { build, batches, expected } = make(new Dice(seed), BATCHES)
        const first = dice.between(1, BATCHES - 1)
        const lives = [
          { batches: first, workers: 2 },
          { batches: BATCHES - first, workers: dice.oneOf([0, 2]) },
        ]
        t.diagnostic(`${sentence}: ${first} batches in 2 threads, then ${BATCHES - first} in ${lives[1].workers}`)
        await check(build, {
          batches,
          expected,
          partitions,
          lives,
          module,
          args: [sentence, String(seed), String(BATCHES), String(partitions)],
          dir: await temporaryFolder(t),
        })
      }
    }),
)
