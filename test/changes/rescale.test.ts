import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type App, app, seconds, type State, StateSpec } from '../../lib/index.ts'
import { testApp, type TestApp } from '../../lib/testing/index.ts'
import { type Dice, withSeeds } from '../support/dice.ts'
import { nowhere } from './programs.ts'

const BATCHES = 24
const add = (a: number, b: number): number => a + b

const scaled = (partitions: number): App =>
  app('scaled', seconds(1), (ssc) => {
    const pairs = ssc.socketTextStream('localhost', 1).map((word): [string, number] => [word, word.length])
    const idle = (key: string, value: number | undefined, state: State<number>): string => {
      if (state.isTimingOut()) return `${key} timed out at ${state.get()}`
      state.update((state.getOption() ?? 0) + value!)
      return `${key} has ${state.get()}`
    }
    pairs
      .updateStateByKey(
        (values: number[], sum: number | undefined) => (values.includes(1) ? undefined : values.reduce(add, sum ?? 0)),
        { name: 'totals', partitions },
      )
      .output('totals-out', nowhere)
    pairs
      .mapWithState(
        StateSpec.function(idle, { name: 'idle', timeoutCheck: 'everyBatch' })
          .numPartitions(partitions)
          .timeout(seconds(3)),
      )
      .output('idle-out', nowhere)
    pairs.reduceByKeyAndWindow(add, seconds(7), seconds(2), { name: 'panes', partitions }).output('panes-out', nowhere)
    const running = pairs.reduceByKeyAndWindow(add, (a, b) => a - b, seconds(5), seconds(1), {
      name: 'running',
      partitions,
      filter: ([, n]) => n > 0,
    })
    running.checkpoint(seconds(3))
    running.output('running-out', nowhere)
    pairs.window(seconds(4), seconds(2)).reduceByKey(add, partitions).output('records-out', nowhere)
  })

const OUTPUTS = ['totals', 'idle', 'panes', 'running', 'records']

/** What each output showed, batch by batch; the order of keys follows from the partitions and is nothing to compare. */
const shown = (t: TestApp): unknown =>
  OUTPUTS.map((output) =>
    t.output(`${output}-out`).batches.map(({ batch, rows }) => [batch, rows.map((row) => JSON.stringify(row)).sort()]),
  )

const wordsOf = (dice: Dice): string[] =>
  Array.from({ length: dice.below(6) }, () => 'abcdefghijklmnopqrst'.slice(0, dice.between(1, 20)) + dice.below(3))

async function run(words: readonly string[][], partitionsAt: (batch: number) => number): Promise<unknown> {
  await using t = await testApp(scaled(partitionsAt(0)))
  for (const [batch, each] of words.entries()) {
    if (batch > 0 && partitionsAt(batch) !== partitionsAt(batch - 1))
      await t.restart({ app: scaled(partitionsAt(batch)) })
    t.source().addAll(each)
    await t.runBatch()
  }
  return shown(t)
}

test(
  'F41: 4, then 16, then 4 partitions, at any batch, give each key what 4 give: state, timeouts, both ' +
    'kinds of window, and windows of records',
  (t) =>
    withSeeds(t, 6, async (dice) => {
      const words = Array.from({ length: BATCHES }, () => wordsOf(dice))
      const [up, down] = [dice.between(1, 12), dice.between(13, 23)]
      const straight = await run(words, () => 4)
      assert.deepEqual(await run(words, (batch) => (batch >= up && batch < down ? 16 : 4)), straight)
    }),
)

test('F41: another number of partitions at every batch', (t) =>
  withSeeds(t, 3, async (dice) => {
    const words = Array.from({ length: BATCHES }, () => wordsOf(dice))
    const sizes = words.map(() => dice.oneOf([1, 3, 4, 7, 16, 256]))
    assert.deepEqual(await run(words, (batch) => sizes[batch]), await run(words, () => 2))
  }))
