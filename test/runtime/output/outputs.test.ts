import assert from 'node:assert/strict'
import { test } from 'node:test'
import { app, seconds } from '../../../lib/index.ts'
import { testApp } from '../../../lib/testing/index.ts'
import { ProcessLife, World } from '../../support/lives.ts'
import type { Batch, Build } from '../../support/run.ts'

// Longer than what travels inside a reference: what is owed lies in the blob store, where the sweep could reach it.
const batches: Batch[] = Array.from({ length: 9 }, (_, i) => [`${i + 1} ${'x'.repeat(2000)}`])
const both: Build = (input) => ({ first: input(), second: input().map((text: string) => text.length) })
const shownBy = (world: World, output: string): number[] =>
  world.shown.filter((each) => each.output === output).map(({ batch }) => batch)

test(
  'an output that fails is owed, later batches go on, and the next start delivers it from what the ' + 'commit fixed',
  async () => {
    const world = new World()
    const errors: any[] = []
    const life = await ProcessLife.begin(world, both, batches, {
      onError: (error) => errors.push(error),
      show: (output, batch) => {
        if (output === 'first' && batch <= 2) throw new Error('the table is locked')
      },
    })
    await life.run()
    await life.coordinator.close()
    assert.deepEqual(shownBy(world, 'first'), [3, 4, 5, 6, 7, 8, 9])
    assert.deepEqual(shownBy(world, 'second'), [1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.deepEqual(
      life.coordinator.head.owed.map(({ batch }) => batch),
      [1, 2],
    )
    assert.deepEqual(
      errors.map((error) => [error.code, error.where.batch]),
      [
        ['E_OUTPUT', 1],
        ['E_OUTPUT', 2],
      ],
    )

    const next = await ProcessLife.begin(world, both, batches)
    assert.deepEqual(next.coordinator.head.owed, [])
    assert.deepEqual(
      world.shown
        .filter((each) => each.output === 'first')
        .slice(-2)
        .map(({ batch, records }) => [batch, records]),
      [
        [1, batches[0]],
        [2, batches[1]],
      ],
    )
  },
)

test('what fails again stays owed', async () => {
  const world = new World()
  const failing = {
    onError: () => {},
    show: (output: string, batch: number) => {
      if (output === 'first' && batch === 1) throw new Error('still locked')
    },
  }
  for (let lives = 1; lives <= 3; lives++) {
    const life = await ProcessLife.begin(world, both, batches, failing)
    await life.run(3 * lives)
    await life.coordinator.close()
    assert.deepEqual(
      life.coordinator.head.owed.map(({ batch, output }) => [batch, output]),
      [[1, 'in/foreachRDD']],
    )
  }
  await ProcessLife.begin(world, both, batches)
  assert.deepEqual(shownBy(world, 'first').at(-1), 1)
})

test(
  'what is owed is kept over a restart, also behind an older batch that keeps failing, however many ' +
    'batches follow',
  async () => {
    const long = app('long', seconds(1), (ssc) => {
      ssc
        .socketTextStream('localhost', 1)
        .output('lines', { name: 'nowhere', guarantee: 'exactly-once', write: async () => {} })
    })
    // Too long for a reference, so that each batch has an object that could be swept.
    const line = (batch: number): string => `${batch} ${'x'.repeat(2000)}`
    await using t = await testApp(long)
    t.fail({ output: 'lines', times: 9 })
    await t.run([[line(1)], [line(2)], [line(3)]], { output: 'lines' })
    await t.restart()
    await t.run(
      [4, 5, 6, 7, 8, 9, 10].map((batch) => [line(batch)]),
      { output: 'lines' },
    )
    assert.deepEqual(
      t.output('lines').batches.map(({ rows }) => rows),
      Array.from({ length: 10 }, (_, i) => [line(i + 1)]),
    )
  },
)
