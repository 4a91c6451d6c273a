import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Source } from '../../../lib/index.ts'
import { ProcessLife, type Port, World } from '../../support/lives.ts'
import { type Build, START } from '../../support/run.ts'

/** When a source was told, cut by cut, that the app had begun to look; in milliseconds after the first life began. */
function heard(): { readonly build: Build; readonly told: number[] } {
  const told: number[] = []
  const source: Source<number> = {
    name: 'Asked',
    cut: async ({ time, startedAt }) => {
      told.push(startedAt! - START)
      return { position: time, splits: [0], records: 1 }
    },
    read: () => [[1]],
  }
  return { told, build: (_input, context) => context.source('asked', source) }
}

const at = (ms: number) => ({ now: () => START + ms, sleepUntil: async () => {} })
const dying: Port = (call, run) => (call === 'head.cas commit' ? Promise.reject(new Error('killed')) : run())

test('input that came before a restart is new to the app as long as no batch was committed', async () => {
  const { build, told } = heard()
  const world = new World()
  const begin = (ms: number, port?: Port): Promise<ProcessLife> =>
    ProcessLife.begin(world, build, [[], [], []], { clock: at(ms), ...(port ? { port } : {}) })
  await assert.rejects((await begin(300, dying)).run(1))
  const { zeroTime } = (await world.head.read())!.value
  await assert.rejects((await begin(5300, dying)).run(1))
  await (await begin(7300)).run(2)
  await (await begin(9300)).run(3)
  const since = zeroTime - START
  assert.ok(since <= 300)
  assert.deepEqual(told, [300, since, since, since, 9300])
})

test('a source is told the time where its batch is planned before its end, and otherwise not', async () => {
  const told: (number | null)[] = []
  const source: Source<number> = {
    name: 'Asked',
    cut: async ({ time, now }) => {
      told.push(now === undefined ? null : now - START)
      return { position: time, splits: [0], records: 1 }
    },
    read: () => [[1]],
  }
  const world = new World()
  const build: Build = (_input, context) => context.source('asked', source)
  await (await ProcessLife.begin(world, build, [[], [], []], { clock: at(300) })).run(1)
  await (await ProcessLife.begin(world, build, [[], [], []], { clock: at(7300) })).run(2)
  assert.deepEqual(told, [300, null])
})
