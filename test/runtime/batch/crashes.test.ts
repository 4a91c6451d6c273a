import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seconds, StateSpec } from '../../../lib/index.ts'
import { refsOf } from '../../../lib/checkpoint/manifest.ts'
import { dyingPort, failingPort, ProcessLife, type Port, World } from '../../support/lives.ts'
import { type Batch, type Build, textOf } from '../../support/run.ts'

const add = (a: number, b: number): number => a + b
// Longer than what travels inside a reference, so that blobs are written and read.
const word = (n: number): string => `${n} ${'x'.repeat(600)}`
const batches: Batch[] = [
  [1, 2, 1, 3].map((n) => [word(n), n]),
  [],
  [4, 1].map((n) => [word(n), 0.1]),
  [2, 5].map((n) => [word(n), 0.2]),
]

const job: Build = (input) => {
  const incremental = input().reduceByKeyAndWindow(add, (a: number, b: number) => a - b, seconds(2))
  incremental.checkpoint(seconds(2))
  return {
    incremental,
    stacks: input().reduceByKeyAndWindow(add, seconds(3)),
    window: input().window(seconds(2)).count(),
    totals: input().updateStateByKey((values: readonly number[], sum = 0) => values.reduce(add, sum)),
    seen: input()
      .mapWithState(
        StateSpec.function((key: string, value: number | undefined, state) => {
          state.update(value)
          return [key, value]
        }) as any,
      )
      .stateSnapshots(),
  }
}

const showing = (world: World): Map<string, string> => {
  const shown = new Map<string, string>()
  for (const { output, batch, records } of world.shown) {
    const content = records.map(textOf).sort().join('\n')
    const at = `${output} of batch ${batch}`
    assert.equal(shown.get(at) ?? content, content, `${at} shown again`)
    shown.set(at, content)
  }
  return new Map([...shown].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Runs until everything is committed and delivered, beginning anew after each error. */
async function finish(world: World, port: Port, patience = 0): Promise<void> {
  for (let lives = 0; lives < 4; lives++) {
    try {
      const life = await ProcessLife.begin(world, job, batches, { onError: () => {}, ...(lives === 0 ? { port } : {}) })
      await life.run(batches.length, patience)
      await life.coordinator.close()
      return
    } catch {
      // The next life finds out.
    }
  }
  throw new Error('four lives were not enough')
}

async function assertComplete(world: World, expected: Map<string, string>): Promise<void> {
  // Outputs that were owed when the first life ended are delivered by the next start.
  await ProcessLife.begin(world, job, batches)
  assert.deepEqual(showing(world), expected)
  const { value: head } = (await world.head.read())!
  assert.deepEqual([head.committed, head.outDone, head.owed], [batches.length, batches.length, []])
}

const undisturbed = new World()
const sound = dyingPort(Infinity, 'before')
await finish(undisturbed, sound)
const expected = showing(undisturbed)
const { calls } = sound

for (const side of ['before', 'after'] as const) {
  test(
    `a process that dies ${side} any one of the ${calls.length} calls of four batches changes no output ` +
      'of any batch',
    async () => {
      for (const [at, call] of calls.entries()) {
        const world = new World()
        try {
          await finish(world, dyingPort(at, side))
          await assertComplete(world, expected)
        } catch (error) {
          throw new Error(`died ${side} call ${at}, ${call}`, { cause: error })
        }
      }
    },
  )

  test(
    `${side === 'before' ? 'a request' : 'an answer'} lost at any one of ${calls.length} calls, in a ` +
      'process that goes on, changes no output of any batch',
    async () => {
      for (const [at, call] of calls.entries()) {
        const world = new World()
        try {
          await finish(world, failingPort(at, side), 2)
          await assertComplete(world, expected)
        } catch (error) {
          throw new Error(`lost ${side} call ${at}, ${call}`, { cause: error })
        }
      }
    },
  )
}

test('a process that dies twice, at any two calls in a row, changes no output of any batch', async () => {
  for (let at = 0; at < calls.length; at += 2) {
    const world = new World()
    for (const second of [0, 3])
      await ProcessLife.begin(world, job, batches, { port: dyingPort(second === 0 ? at : second, 'after') })
        .then((life) => life.run())
        .catch(() => {})
    await finish(world, dyingPort(Infinity, 'before'))
    await assertComplete(world, expected)
  }
})

test(
  'after many batches the store holds what the last manifests name and little else, also when the ' +
    'process died in between',
  async () => {
    const world = new World()
    const many: Batch[] = Array.from({ length: 24 }, (_, i) => [[word(i % 5), i]])
    await ProcessLife.begin(world, job, many, { port: dyingPort(60, 'after') })
      .then((life) => life.run())
      .catch(() => {})
    const life = await ProcessLife.begin(world, job, many)
    await life.run()
    await life.coordinator.close()
    const { value: head } = (await world.head.read())!
    const live = new Set([
      head.manifest!.key,
      ...[...refsOf(life.coordinator.manifest!)].filter((ref) => ref.inline === undefined).map((ref) => ref.key),
    ])
    const held = await world.blobs.list('test/')
    for (const key of live)
      assert.ok(held.includes(key) || key === head.manifest!.key, `${key} is live and must be there`)
    const old = held.filter((key) => !live.has(key) && Number(/\/[0-9a-f]{2}\/(\d+)\//.exec(key)![1]) < head.gcFloor)
    assert.deepEqual(old, [])
  },
)
