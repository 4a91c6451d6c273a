import { test } from 'node:test'
import { seconds } from '../../../lib/index.ts'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'
import { type Dice, withSeeds } from '../../support/dice.ts'
import { assertSame, check, type Life, runBatches } from '../../support/run.ts'
import { inverseLaws, windowLaws } from './laws.ts'
import { stateLaws } from './state-laws.ts'

const BATCHES = 14
const RUNS = 2

for (const { sentence, make } of [...windowLaws, ...inverseLaws, ...stateLaws]) {
  test(`${sentence}, also over restarts from a directory`, (t) =>
    withSeeds(t, RUNS, async (dice) => {
      const partitions = dice.oneOf([1, 2, 3, 7])
      const { build, batches, expected } = make(dice, BATCHES)
      await check(build, { batches, expected, dir: await temporaryFolder(t), lives: livesOf(dice, () => partitions) })
    }))

  test(`${sentence}, also when every restart brings another number of partitions`, (t) =>
    withSeeds(t, RUNS, async (dice) => {
      const { build, batches, expected } = make(dice, BATCHES)
      await check(build, {
        batches,
        expected,
        dir: await temporaryFolder(t),
        lives: livesOf(dice, () => dice.oneOf([1, 2, 3, 7])),
      })
    }))
}

function livesOf(dice: Dice, partitions: () => number): Life[] {
  const lives: Life[] = []
  for (let left = BATCHES; left > 0; left -= lives.at(-1)!.batches)
    lives.push({ batches: Math.min(left, dice.between(1, 6)), partitions: partitions() })
  return lives
}

const add = (a: number, b: number): number => a + b

test('a restarted window gives the same bits as one that never stopped', (t) =>
  withSeeds(t, 4, async (dice) => {
    const batches = dice.batches(BATCHES, (): [unknown, number] => [dice.key(), dice.fraction()], { gaps: true })
    const [length, slide] = [seconds(dice.between(1, 7)), seconds(dice.between(1, 3))]
    const every = seconds((slide.milliseconds / 1000) * dice.between(1, 3))
    const partitions = dice.oneOf([1, 3])
    const build = (input: any) => {
      const incremental = input().reduceByKeyAndWindow(add, (a: number, b: number) => a - b, length, slide)
      incremental.checkpoint(every)
      return {
        incremental,
        stacks: input().reduceByKeyAndWindow(add, length, slide),
        state: input().updateStateByKey((values: readonly number[], sum = 0) => values.reduce(add, sum)),
      }
    }
    const whole = await runBatches(build, batches, { partitions })
    const parts = await runBatches(build, batches, {
      dir: await temporaryFolder(t),
      lives: livesOf(dice, () => partitions),
    })
    for (const output of ['incremental', 'stacks', 'state'])
      assertSame(parts.shown[output], whole.shown[output], output)
  }))
