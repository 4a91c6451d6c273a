import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { changeControl } from '../../../lib/checkpoint/control.ts'
import type { EngineEvent } from '../../../lib/model/events.ts'
import { hasCode, SluiceError } from '../../../lib/model/errors.ts'
import { BatchLoop } from '../../../lib/runtime/coordinator/batch-loop.ts'
import { ProcessLife, World } from '../../support/lives.ts'
import { type Batch, BATCH_MS, type Build, START } from '../../support/run.ts'

const TICKS = 12
const batches: Batch[] = Array.from({ length: TICKS }, (_, i) => [i, i % 3, i % 2])
const at = (tick: number): number => START + tick * BATCH_MS

/** Sums that go on and a window: both would show a batch that is gone, or one that came twice. */
const job: Build = (input) => {
  const pairs = input().map((n: number): [number, number] => [n % 3, n])
  return {
    sums: pairs.updateStateByKey((ones, sum: number | undefined) => ones.reduce((a, b) => a + b, sum ?? 0)),
    recent: pairs.reduceByKeyAndWindow((a, b) => a + b, 3 * BATCH_MS, BATCH_MS),
  }
}

/** What somebody does before the loop comes to a tick. */
type Doings = ReadonlyMap<number, (world: World) => Promise<unknown>>

const pausing = (world: World): Promise<unknown> =>
  changeControl(world.control, (control) => ({ ...control, paused: { since: START, by: 'ann' } }), 'pause')
const resuming = (world: World): Promise<unknown> =>
  changeControl(world.control, (control) => ({ ...control, paused: null }), 'resume')

interface Ran {
  readonly world: World
  /** The last committed batch at each tick. */
  readonly committed: readonly number[]
  readonly said: readonly string[]
  readonly errors: readonly unknown[]
}

async function ran(doings: Doings, whenPaused: 'wait' | 'end' = 'wait'): Promise<Ran> {
  const world = new World()
  const [said, errors, committed]: [string[], unknown[], number[]] = [[], [], []]
  const clock = new ManualClock(START)
  const log = { event: (event: EngineEvent) => void ('message' in event && said.push(String(event.message))) }
  const { coordinator } = await ProcessLife.begin(world, job, batches, { clock, log })
  const loop = new BatchLoop({
    coordinator,
    clock,
    log,
    catchUpMax: 1000,
    batchesMax: null,
    onBatch: () => {},
    onError: (error) => errors.push(error),
    whenPaused,
  })
  const over = loop.run()
  for (let tick = 1; tick <= TICKS; tick++) {
    await doings.get(tick)?.(world)
    clock.set(at(tick))
    await loop.caughtUp()
    committed.push(coordinator.head.committed)
  }
  loop.stop()
  await over
  await coordinator.close()
  return { world, committed, said, errors }
}

const whole = await ran(new Map())

for (let from = 1; from < TICKS; from++)
  test(`an app that is paused before batch ${from} and goes on later shows what it shows without a pause`, async () => {
    for (let until = from + 1; until <= TICKS; until += 2) {
      const { world, committed, errors } = await ran(
        new Map([
          [from, pausing],
          [until, resuming],
        ]),
      )
      assert.deepEqual(errors, [])
      assert.deepEqual(committed.slice(from - 1, until - 1), Array(until - from).fill(from - 1))
      assert.deepEqual(committed.slice(until - 1), range(until, TICKS))
      assert.deepEqual(world.shown, whole.world.shown)
    }
  })

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

test('a pause is said once, with who and since when, and so is its end', async () => {
  const { said } = await ran(
    new Map([
      [3, pausing],
      [9, resuming],
    ]),
  )
  assert.deepEqual(said, [
    `paused since ${new Date(START).toISOString()} by ann: no batch begins until it is resumed`,
    'goes on: it was resumed',
  ])
})

test('where waiting costs, a loop that is paused ends, and one that comes later goes on', async () => {
  const { committed, errors } = await ran(new Map([[4, pausing]]), 'end')
  assert.deepEqual(errors, [])
  assert.deepEqual(committed.at(-1), 3)
})

test('a store that does not say whether the app is paused changes nothing: what was known goes on', async () => {
  const unread = async (world: World): Promise<void> => {
    world.control.read = async () => {
      throw new SluiceError('E_CONTROL_READ', 'the table is busy', { retry: true })
    }
  }
  const running = await ran(new Map([[4, unread]]))
  assert.deepEqual([running.committed.at(-1), running.errors], [TICKS, []])
  assert.ok(running.said.every((message) => message === 'the table is busy'))
  const paused = await ran(
    new Map([
      [3, pausing],
      [5, unread],
    ]),
  )
  assert.deepEqual([paused.committed.at(-1), paused.errors], [2, []])
})

test('what is no control record keeps batches from beginning, with an error, until it is written anew', async () => {
  const breaking = async (world: World): Promise<unknown> => world.control.cas(0, { paused: 'since noon' }, 'by hand')
  const { committed, errors, world } = await ran(
    new Map([
      [3, breaking],
      [7, resuming],
    ]),
  )
  assert.ok(errors.length > 0 && errors.every((error) => hasCode(error, 'E_CONTROL_CORRUPT')))
  assert.deepEqual([committed[5], committed.at(-1)], [2, TICKS])
  assert.deepEqual(world.shown, whole.world.shown)
})

test('a halt is cleared by whoever has seen it, and only that one', async () => {
  const world = new World()
  const { coordinator } = await ProcessLife.begin(world, job, batches)
  await coordinator.close()
  const halt = async (): Promise<number> => {
    const { rev, value } = (await world.head.read())!
    await world.head.cas(rev, { ...value, halt: { reason: 'something is wrong', batch: 1 } }, 'halt')
    return value.epoch
  }
  const clearing = async (epoch: number): Promise<unknown> =>
    changeControl(world.control, (control) => ({ ...control, clearHalt: { epoch } }), 'resume')
  const isHalted = (error: unknown): boolean => hasCode(error, 'E_HALTED')

  const epoch = await halt()
  await assert.rejects(ProcessLife.begin(world, job, batches), isHalted)
  await clearing(epoch)
  const again = await ProcessLife.begin(world, job, batches)
  assert.equal(again.coordinator.head.halt, null)
  await again.coordinator.close()
  await halt()
  await assert.rejects(ProcessLife.begin(world, job, batches), isHalted)
})
