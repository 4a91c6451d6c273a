import assert from 'node:assert/strict'
import { test } from 'node:test'
import { putCommand } from '../../../lib/checkpoint/dead-letters.ts'
import { ObjectKeys, parseKey } from '../../../lib/checkpoint/object-keys.ts'
import type { OutputSink } from '../../../lib/index.ts'
import { ProcessLife, type Port, World } from '../../support/lives.ts'
import type { Build } from '../../support/run.ts'

const sink: OutputSink<unknown> = { name: 'place', guarantee: 'at-least-once', write: async () => {} }
/** Long enough that nothing travels in a reference: plans, shuffle blocks, staged records and manifests are objects. */
const batches = Array.from({ length: 9 }, (_, batch) =>
  Array.from({ length: 20 }, (_w, i): [string, number] => [`key ${i} ${'long '.repeat(80)}`, batch]),
)

const kindsBelow = async (world: World, floor: number): Promise<string[]> => [
  ...new Set(
    (await world.blobs.list('')).flatMap((key) => {
      const { kind, batch } = parseKey(key)!
      return batch !== null && batch < floor ? [kind] : []
    }),
  ),
]

test('what is of use only until its batch is committed goes while the coordinator runs, each object once', async () => {
  const world = new World()
  const build: Build = (input) => {
    // What an action comes to is part of the plan.
    const counted = input().transform((rdd) => (rdd.collect().length > 0 ? rdd : rdd))
    const sums = counted.reduceByKey((a: number, b: number) => a + b)
    sums.output('early', sink, { order: 'before' })
    sums.output('late', sink)
    return {}
  }
  const written = new Set<string>()
  let deletes = 0
  const port: Port = async (call, run) => {
    if (call === 'blobs.delete') deletes++
    const result = await run()
    if (call === 'blobs.putNew') for (const key of await world.blobs.list('')) written.add(parseKey(key)!.kind)
    return result
  }
  const life = await ProcessLife.begin(world, build, batches, { slots: 2, port })
  await life.run()
  await life.coordinator.close()
  assert.deepEqual([...written].toSorted(), ['graph', 'manifest', 'output', 'plan', 'shuffle'])
  const { gcFloor } = life.coordinator.head
  assert.ok(gcFloor > 5)
  // The description of the graph is named by every manifest.
  assert.deepEqual(await kindsBelow(world, gcFloor), ['graph'])
  const left = (await world.blobs.list('')).length
  assert.ok(deletes > 40 && left < 25, `${deletes} deleted, ${left} left`)
})

test('a decision about dead letters goes once, after the batch that carries it out', async () => {
  const world = new World()
  const build: Build = (input, context) => {
    context.sparkContext.conf.set('sluice.onError', 'dead-letter')
    return input().map((word: string) => {
      if (word.startsWith('bad')) throw new TypeError('not a word')
      return word
    })
  }
  const words = [['a', 'bad 1', 'bad 2'], ['b'], ['c'], ['d'], ['e'], ['f'], ['g']]
  const first = await ProcessLife.begin(world, build, words)
  const [{ deadLetters }] = await first.run(1)
  await first.coordinator.close()
  const [one, two] = Object.values(deadLetters![0].open).flat()
  const { app, inc } = first.coordinator.head
  const keys = new ObjectKeys(app, inc)
  await putCommand(world.blobs, keys, { verb: 'drop', ids: [one] }, 'c1')
  const deleted: string[] = []
  const remove = world.blobs.delete.bind(world.blobs)
  world.blobs.delete = async (key) => {
    deleted.push(key)
    return remove(key)
  }
  const second = await ProcessLife.begin(world, build, words)
  const [manifest] = await second.run(2)
  assert.deepEqual(
    manifest.deadLetters!.flatMap(({ open }) => Object.values(open).flat()),
    [two],
  )
  await second.run()
  await second.coordinator.close()
  assert.deepEqual(await world.blobs.list(keys.deadLetterCommands), [])
  assert.deepEqual(
    deleted.filter((key) => parseKey(key)?.kind === 'dead-letter-command'),
    [keys.deadLetterCommand('c1')],
  )
})

test('what a batch adds to accumulators is there for what it shows, once, also if it was tried twice', async () => {
  for (const slots of [1, 2]) {
    const world = new World()
    const seen: number[] = []
    let failures = 1
    const build: Build = (input, context) => {
      const records = context.sparkContext.longAccumulator('records')
      const counted = input().map((word: string) => {
        records.add(1)
        if (word === 'c' && failures-- > 0) throw new Error('not now')
        return word
      })
      counted.foreachRDD((rdd) => {
        rdd.collect()
        seen.push(Number(records.value))
      })
      return {}
    }
    const life = await ProcessLife.begin(world, build, [['a', 'b'], ['c'], ['d', 'e', 'f']], { slots })
    await life.run(3, 3)
    await life.coordinator.close()
    assert.deepEqual(seen, [2, 3, 6], `${slots} slots`)
  }
})
