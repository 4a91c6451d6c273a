import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseKey } from '../../lib/checkpoint/object-keys.ts'
import { refsOf } from '../../lib/checkpoint/manifest.ts'
import { seconds, type SluiceError, type State, StateSpec } from '../../lib/index.ts'
import { dyingPort, type LifeOptions, type Port, ProcessLife, soundPort, World } from '../support/lives.ts'
import { type Batch, type Build, textOf } from '../support/run.ts'

const add = (a: number, b: number): number => a + b
// Longer than what travels inside a reference, so that blobs are written and read.
const word = (n: number): string => `${n} ${'x'.repeat(600)}`
const batches: Batch[] = [
  [1, 2, 1, 3].map((n) => [word(n), n]),
  [[word(4), 1]],
  [],
  [4, 1].map((n) => [word(n), 2]),
  [2, 5].map((n) => [word(n), 3]),
]
const CHANGED_AFTER = 2

const before: Build = (input) => ({
  totals: input().updateStateByKey((values: number[], sum: number | undefined) => values.reduce(add, sum ?? 0), {
    partitions: 3,
  }),
  idle: input()
    .mapWithState(
      StateSpec.function((key: string, value: number | undefined, state: State<number>) => {
        if (value !== undefined) state.update(value)
        return [key, value]
      }).timeout(seconds(2)) as any,
    )
    .stateSnapshots(),
  running: input().reduceByKeyAndWindow(add, (a: number, b: number) => a - b, seconds(3)),
  records: input().window(seconds(3)).count(),
  gone: input().updateStateByKey((values: number[]) => values.length, { name: 'gone' }),
})

const after: Build = (input) => ({
  totals: input().updateStateByKey(
    (values: number[], total: { n: number } | undefined) => ({ n: values.reduce(add, total?.n ?? 0) }),
    { name: 'totals', was: 'in/updateStateByKey', version: 2, migrate: (n) => ({ n }), partitions: 5 },
  ),
  idle: input()
    .mapWithState(
      StateSpec.function(
        (key: string, value: number | undefined, state: State<string>) => {
          if (value !== undefined) state.update(String(value))
          return [key, value]
        },
        { name: 'idle', was: 'in/mapWithState' },
      )
        .version(2, String)
        .timeout(seconds(2)) as any,
    )
    .stateSnapshots(),
  running: input().reduceByKeyAndWindow(add, (a: number, b: number) => a - b, seconds(3), undefined, {
    name: 'running',
    was: 'in/reduceByKey/reduceByKeyAndWindow',
  }),
  records: input().window(seconds(3), undefined, { name: 'records', was: 'in/window' }).count(),
})

const begin = (world: World, build: Build, options: LifeOptions = {}): Promise<ProcessLife> =>
  ProcessLife.begin(world, build, batches, { onError: () => {}, dropState: ['gone'], ...options })

async function changed(world: World, port: Port): Promise<void> {
  const life = await begin(world, after, { port })
  await life.run()
  await life.coordinator.close()
}

const showing = (world: World): string[] =>
  [
    ...new Set(
      world.shown.map(
        ({ output, batch, records }) => `${output} of batch ${batch}: ${records.map(textOf).sort().join(' ')}`,
      ),
    ),
  ].sort()

async function worldBefore(): Promise<World> {
  const world = new World()
  const life = await begin(world, before)
  await life.run(CHANGED_AFTER)
  assert.ok(Object.hasOwn(life.coordinator.manifest!.state, 'gone'))
  await life.coordinator.close()
  return world
}

const undisturbed = await worldBefore()
const sound = dyingPort(Infinity, 'before')
await changed(undisturbed, sound)
const expected = showing(undisturbed)

test('without a crash, the changed program shows what the old one would, in its own form', async () => {
  const straight = new World()
  await (await begin(straight, before)).run()
  const inNewForm = showing(straight).filter(
    (line) => !line.startsWith('gone of batch') || Number(/batch (\d)/.exec(line)![1]) <= CHANGED_AFTER,
  )
  const plain = (line: string): string =>
    line.replaceAll(/\{[^}]*n[^}\d]*(\d+)[^}]*\}/g, '$1').replaceAll(/"(\d+)"|'(\d+)'/g, '$1$2')
  assert.deepEqual(expected.map(plain), inNewForm.map(plain))
})

for (const side of ['before', 'after'] as const) {
  test(
    `a changed program that dies ${side} any one of its ${sound.calls.length} calls: the old one starts ` +
      'as long as nothing has changed, and is refused after that; the new one shows what it would have',
    async () => {
      for (const [at, call] of sound.calls.entries()) {
        const world = await worldBefore()
        try {
          await changed(world, dyingPort(at, side)).catch(() => {})
          await assertOldFits(world)
          await changed(world, soundPort)
          assert.deepEqual(showing(world), expected)
          await assertSwept(world)
        } catch (error) {
          throw new Error(`died ${side} call ${at}, ${call}`, { cause: error })
        }
      }
    },
  )
}

async function assertOldFits(world: World): Promise<void> {
  const { committed } = (await world.head.read())!.value
  const old = await ProcessLife.begin(world, before, batches, { onError: () => {} }).catch(
    (error: SluiceError) => error.code,
  )
  if (committed === CHANGED_AFTER) assert.ok(old instanceof ProcessLife, 'the old program is refused')
  else assert.equal(old, 'E_STATE_ORPHANED')
}

function isOfOldProgram(key: string): boolean {
  const { kind, batch } = parseKey(key)!
  return kind === 'state' && batch! <= CHANGED_AFTER
}

/** Everything the last manifest names is there, and what was given up is swept when the floor has passed it. */
async function assertSwept(world: World): Promise<void> {
  const life = await begin(world, after)
  await life.run(batches.length + 3)
  await life.coordinator.close()
  const live = [...refsOf(life.coordinator.manifest!)].filter((ref) => ref.inline === undefined).map(({ key }) => key)
  for (const key of live) await world.blobs.get(key)
  assert.deepEqual(Object.keys(life.coordinator.manifest!.state).sort(), ['idle', 'running', 'totals'])
  assert.deepEqual(
    (await world.blobs.list('test/')).filter((key) => isOfOldProgram(key) && !live.includes(key)),
    [],
  )
}
