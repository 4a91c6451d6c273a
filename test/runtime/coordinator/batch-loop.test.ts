import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { BatchLoop } from '../../../lib/runtime/coordinator/batch-loop.ts'
import type { Coordinator } from '../../../lib/runtime/coordinator/coordinator.ts'
import { ProcessLife, World } from '../../support/lives.ts'
import { type Batch, BATCH_MS, type Build, START } from '../../support/run.ts'

const HOUR_MS = 3_600_000
const batches: Batch[] = Array.from({ length: 5000 }, () => [1])
const job: Build = (input) => input().count()

/** Ticks that a loop runs while the clock is set to one time after the other. */
async function ticksOf(coordinator: Coordinator, times: readonly number[], catchUpMax: number): Promise<number[]> {
  const clock = new ManualClock(times[0])
  const ticks: number[] = []
  const loop = new BatchLoop({
    coordinator,
    clock,
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
