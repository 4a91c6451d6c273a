import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import type { DStream } from '../../../lib/index.ts'
import { silentLog } from '../../../lib/host/log.ts'
import { BatchLoop } from '../../../lib/runtime/coordinator/batch-loop.ts'
import type { Coordinator } from '../../../lib/runtime/coordinator/coordinator.ts'
import { ProcessLife, World } from '../../support/lives.ts'
import { type Batch, BATCH_MS, type Build, START } from '../../support/run.ts'

const HOUR_MS = 3_600_000
const batches: Batch[] = Array.from({ length: 5000 }, () => [1])
/** Fails as often as `failures` says, at whatever batch comes. */
const failing =
  (failures: { left: number }, build: (input: DStream<number>) => DStream<any>): Build =>
  (input) =>
    build(
      input().map((n: number) => {
        if (failures.left-- > 0) throw new Error('not now')
        return n
      }),
    )

const job: Build = (input) => input().count()

/** Ticks that a loop runs while the clock is set to one time after the other. */
async function ticksOf(coordinator: Coordinator, times: readonly number[], catchUpMax: number): Promise<number[]> {
  const clock = new ManualClock(times[0])
  const ticks: number[] = []
  const loop = new BatchLoop({
    coordinator,
    clock,
    log: silentLog,
    catchUpMax,
    batchesMax: null,
    onBatch: ({ tick }) => {
      ticks.push(tick)
    },
    onError: (error) => {
      throw error
    },
  })
  const over = loop.run()
  for (const time of times) {
    clock.set(time)
    await loop.caughtUp()
  }
  loop.stop()
  await over
  return ticks
}

const at = (tick: number): number => START + tick * BATCH_MS

test(
  'F03: after an hour without a tick the newest are caught up, each with its own time; the gap shows ' +
    'in the ticks, not in the batches',
  async () => {
    const world = new World()
    const first = await ProcessLife.begin(world, job, batches)
    assert.deepEqual(await ticksOf(first.coordinator, [at(0), at(1), at(2)], 10), [1, 2])
    const { coordinator } = await ProcessLife.begin(world, job, batches)
    assert.deepEqual(await ticksOf(coordinator, [at(2) + HOUR_MS], 4), [3599, 3600, 3601, 3602])
    assert.deepEqual([coordinator.manifest!.batch, coordinator.manifest!.time], [6, at(3602)])
  },
)

test(
  'F08: a clock that jumps forward brings each interval once; one that goes back brings none a second ' + 'time',
  async () => {
    const { coordinator } = await ProcessLife.begin(new World(), job, batches)
    assert.deepEqual(await ticksOf(coordinator, [at(1), at(5), at(3), at(1), at(5), at(6)], 1000), [1, 2, 3, 4, 5, 6])
  },
)

test('F08: a process whose clock is an hour behind uses no tick again', async () => {
  const world = new World()
  assert.deepEqual(await ticksOf((await ProcessLife.begin(world, job, batches)).coordinator, [at(3)], 10), [1, 2, 3])
  const { coordinator } = await ProcessLife.begin(world, job, batches)
  assert.deepEqual(await ticksOf(coordinator, [at(3) - HOUR_MS, at(3), at(4)], 10), [4])
})

/** Runs a loop over a clock that takes each of the times in turn; what it says, and the ticks that commit. */
async function looped(
  coordinator: Coordinator,
  times: readonly number[],
  catchUpMax = 1000,
): Promise<{ ticks: number[][]; said: string[] }> {
  const clock = new ManualClock(times[0])
  const [ticks, said]: [number[][], string[]] = [[], []]
  const loop = new BatchLoop({
    coordinator,
    clock,
    log: {
      event: ({ type }) => {
        said.push(type)
      },
    },
    catchUpMax,
    batchesMax: null,
    onBatch: ({ tick }) => {
      ticks.at(-1)!.push(tick)
    },
    onError: () => {},
  })
  ticks.push([])
  const over = loop.run()
  await loop.caughtUp()
  for (const time of times.slice(1)) {
    ticks.push([])
    clock.set(time)
    await loop.caughtUp()
  }
  loop.stop()
  await over
  return { ticks, said }
}

test('a batch that fails is run again at the next interval, at its own time: the window due then shows', async () => {
  const world = new World()
  const window = failing({ left: 6 }, (input) => input.window(2 * BATCH_MS, 2 * BATCH_MS).count())
  const input = Array.from({ length: 9 }, (_, i) => [i])
  const { coordinator } = await ProcessLife.begin(world, window, input)
  const times = Array.from({ length: 9 }, (_, i) => at(i))
  const { ticks } = await looped(coordinator, times)
  assert.deepEqual(ticks.flat(), [1, 2, 3, 4, 5, 6, 7, 8])
  assert.ok(ticks.slice(1, 4).some((each) => each.length === 0))
  assert.deepEqual(
    world.shown.map(({ batch, records }) => [batch, ...records]),
    [2, 4, 6, 8].map((batch) => [batch, 2]),
  )
})

test('a clock that shows an earlier time than the last batch stops none: one per interval, times rise', async () => {
  const world = new World()
  await ticksOf((await ProcessLife.begin(world, job, batches)).coordinator, [at(3)], 10)
  const { coordinator } = await ProcessLife.begin(world, job, batches)
  const early = [0, 0.5, 1, 1.5, 2, 3].map((tick) => at(tick) - HOUR_MS)
  const { ticks, said } = await looped(coordinator, early)
  assert.deepEqual(ticks, [[4], [], [5], [], [6], [7]])
  assert.deepEqual(said, ['clock-behind'])
  assert.equal(coordinator.manifest!.time, at(7))
})

test('a machine that slept catches up as after a downtime, and says how many batch times it skips', async () => {
  const { coordinator } = await ProcessLife.begin(new World(), job, batches)
  const { ticks, said } = await looped(coordinator, [at(1), at(1000)], 3)
  assert.deepEqual([ticks, said], [[[1], [998, 999, 1000]], ['catching-up']])
})

/** The ticks that are tried where each try comes to this: no plan, a batch that fails later, or one that commits. */
async function tried(outcomes: readonly ('no plan' | 'fails' | 'commits')[]): Promise<number[]> {
  const clock = new ManualClock(START)
  const ticks: number[] = []
  const coordinator = {
    head: { zeroTime: START, intervalMs: BATCH_MS, tick: 0, committed: 0, outDone: 0 },
    failedToPlan: false,
    paused: async () => null,
    async runBatch(tick: number) {
      const outcome = outcomes[ticks.push(tick) - 1]
      coordinator.failedToPlan = outcome === 'no plan'
      if (outcome !== 'commits') throw new Error(outcome)
      return { tick }
    },
  }
  const loop = new BatchLoop({
    coordinator: coordinator as unknown as Coordinator,
    clock,
    log: silentLog,
    catchUpMax: 100,
    batchesMax: null,
    onBatch: () => {},
    onError: () => {},
  })
  const over = loop.run()
  for (let tick = 1; ticks.length < outcomes.length; tick++) {
    clock.set(at(tick))
    await loop.caughtUp()
  }
  loop.stop()
  await over
  return ticks.slice(0, outcomes.length)
}

test('a batch time is left out when its batch could not be planned twice in a row, and for nothing else', async () => {
  assert.deepEqual(await tried(['no plan', 'no plan', 'commits']), [1, 1, 2])
  assert.deepEqual(await tried(['no plan', 'fails', 'no plan', 'fails', 'commits']), [1, 1, 1, 1, 1])
  assert.deepEqual(await tried(['no plan', 'fails', 'no plan', 'no plan', 'commits']), [1, 1, 1, 1, 2])
  assert.deepEqual(await tried(['no plan', 'commits', 'no plan', 'commits']), [1, 1, 2, 2])
  assert.deepEqual(await tried(['fails', 'fails', 'fails', 'commits']), [1, 1, 1, 1])
})
