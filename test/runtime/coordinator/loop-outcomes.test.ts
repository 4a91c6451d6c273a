import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { SluiceError } from '../../../lib/model/errors.ts'
import type { EngineEvent } from '../../../lib/model/events.ts'
import { BatchLoop } from '../../../lib/runtime/coordinator/batch-loop.ts'
import type { Coordinator } from '../../../lib/runtime/coordinator/coordinator.ts'
import type { Patience } from '../../../lib/runtime/coordinator/patience.ts'
import { BATCH_MS, START } from '../../support/run.ts'

const at = (tick: number): number => START + tick * BATCH_MS
const away = (): SluiceError => new SluiceError('E_BLOB_UNREACHABLE', 'The store is away.', { retry: true })
const owed = (): SluiceError => new SluiceError('E_OUTPUT_BACKLOG', 'Much is owed.', { retry: true })
const fenced = (): SluiceError => new SluiceError('E_FENCED', 'Somebody else runs it.')
const broken = (): Error => new Error('it fails')

interface LoopOptions {
  readonly patience?: Patience
  readonly batchesMax?: number
  readonly catchUpMax?: number
  readonly hasGaps?: boolean
}

/** A loop over batches that come to what `outcome` says; what it is heard to do. */
class Loop {
  readonly clock: ManualClock
  /** When each batch was begun, in ms after the start, and its tick. */
  readonly begun: { readonly ms: number; readonly tick: number }[] = []
  readonly errors: unknown[] = []
  readonly waits: number[] = []
  readonly events: EngineEvent[] = []
  readonly loop: BatchLoop
  readonly over: Promise<void>
  isOver = false
  isPaused = false
  /** `null`: it commits. */
  outcome: (tick: number, batch: number) => Error | null | undefined = () => null

  constructor({ patience, batchesMax = Infinity, catchUpMax = 1000, hasGaps }: LoopOptions = {}, start = START) {
    this.clock = new ManualClock(start)
    const head = { app: 'test', zeroTime: START, intervalMs: BATCH_MS, tick: 0, committed: 0, outDone: 0 }
    const coordinator = {
      head,
      failedToPlan: false,
      paused: async () => (this.isPaused ? { since: START, by: 'ann' } : null),
      runBatch: async (tick: number) => {
        this.begun.push({ ms: this.clock.now() - START, tick })
        await this.#underWay
        const error = this.outcome(tick, this.begun.length)
        if (error) throw error
        head.tick = tick
        head.committed = ++head.outDone
        return { tick }
      },
    }
    this.loop = new BatchLoop({
      coordinator: coordinator as unknown as Coordinator,
      clock: this.clock,
      log: { event: (event) => void this.events.push(event) },
      catchUpMax,
      batchesMax,
      onBatch: () => {},
      onError: (error) => void this.errors.push(error),
      onWait: (_error, waitMs) => void this.waits.push(waitMs),
      ...(patience ? { patience } : {}),
      ...(hasGaps ? { hasGaps } : {}),
    })
    this.over = this.loop.run().finally(() => (this.isOver = true))
  }

  #underWay: Promise<void> | undefined

  /** The batch that is begun next goes on when the answer is called. */
  holdNext(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#underWay = promise
    return () => {
      this.#underWay = undefined
      resolve()
    }
  }

  get ticks(): number[] {
    return this.begun.map(({ tick }) => tick)
  }

  /** Lets time pass in steps of 10 ms until `tick`. */
  async to(tick: number): Promise<void> {
    while (this.clock.now() < at(tick)) await this.clock.advance(10)
    await this.clock.advance(0)
  }

  async ended(): Promise<void> {
    this.loop.stop()
    await this.over
  }
}

const patience: Patience = { firstMs: 100, mostMs: 1600, attemptsMax: 6 }

test('a place that is away is waited for, longer each time, and each batch begins to wait anew', async () => {
  const loop = new Loop({ patience })
  loop.outcome = (tick, batch) => ((tick === 2 && batch < 6) || (tick === 4 && batch < 10) ? away() : null)
  await loop.to(12)
  assert.deepEqual(loop.errors, [])
  assert.equal(loop.waits.length, 6)
  const [first, second] = [loop.waits.slice(0, 4), loop.waits.slice(4)]
  for (const [i, ms] of first.entries()) assert.ok(ms > 50 * 2 ** i && ms <= 100 * 2 ** i, loop.waits.join())
  for (const [i, ms] of second.entries()) assert.ok(ms > 50 * 2 ** i && ms <= 100 * 2 ** i, loop.waits.join())
  const tries = loop.begun.filter(({ tick }) => tick === 2).map(({ ms }) => ms)
  for (const [i, ms] of first.entries()) assert.ok(Math.abs(tries[i + 1] - tries[i] - ms) <= 10, tries.join())
  assert.deepEqual([...new Set(loop.ticks)], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  await loop.ended()
})

test('who has never had a batch may have a wrong address: the third failure is said', async () => {
  const never = new Loop({ patience })
  never.outcome = away
  await never.to(8)
  assert.equal(never.waits.length, 2)
  assert.ok(never.errors.length > 1)
  await never.ended()
  const later = new Loop({ patience })
  later.outcome = (tick) => (tick > 1 ? away() : null)
  await later.to(12)
  assert.equal(later.waits.length, 5)
  assert.ok(later.errors.length > 0)
  await later.ended()
})

test('a backlog of outputs is waited for however often it is there; what is no outage is said at once', async () => {
  const loop = new Loop({ patience })
  loop.outcome = owed
  await loop.to(20)
  assert.ok(loop.waits.length > 10)
  assert.deepEqual(loop.errors, [])
  await loop.ended()
  for (const error of [broken, () => new SluiceError('E_USER_CODE', 'no', { retry: true })]) {
    const other = new Loop({ patience })
    other.outcome = error
    await other.to(3)
    assert.deepEqual([other.waits, other.begun.map(({ ms }) => ms)], [[], [1000, 2000, 3000]])
    assert.equal(other.errors.length, 3)
    await other.ended()
  }
})

test('after an error that was waited for, one that is not is tried again at the next tick, and no sooner', async () => {
  const loop = new Loop({ patience })
  loop.outcome = (_tick, batch) => [null, away(), broken()][batch - 1]
  await loop.to(4)
  assert.deepEqual(
    loop.begun.map(({ tick }) => tick),
    [1, 2, 2, 2, 3, 4],
  )
  assert.ok(loop.begun[3].ms === 3000 && loop.begun[2].ms < 2200, JSON.stringify(loop.begun))
  await loop.ended()
})

test('a stop ends a wait at once, and a loop that is to finish does not wait any more', async () => {
  const stopped = new Loop({ patience: { firstMs: 60_000, mostMs: 60_000, attemptsMax: 9 } })
  stopped.outcome = away
  await stopped.to(2)
  assert.equal(stopped.begun.length, 1)
  await stopped.ended()
  const finished = new Loop({ patience: { firstMs: 60_000, mostMs: 60_000, attemptsMax: 9 } })
  finished.outcome = away
  await finished.to(2)
  finished.loop.finish()
  await finished.to(6)
  assert.deepEqual([finished.isOver, finished.errors.length], [true, 2])
})

test('a coordinator that somebody else has taken over from, or that was halted, runs nothing more', async () => {
  for (const final of [fenced, () => new SluiceError('E_HALTED', 'halted')]) {
    const loop = new Loop({ patience })
    loop.outcome = (tick) => (tick === 2 ? final() : null)
    await loop.to(5)
    assert.deepEqual([loop.isOver, loop.ticks, loop.errors.length], [true, [1, 2], 1])
  }
})

test('so many batches as are wanted, and then none', async () => {
  const loop = new Loop({ batchesMax: 3 })
  loop.outcome = (_tick, batch) => (batch === 2 ? broken() : null)
  await loop.to(9)
  assert.deepEqual([loop.isOver, loop.ticks], [true, [1, 2, 2, 3]])
})

test('a loop that is to finish runs the batch of its interval, and ends', async () => {
  const loop = new Loop()
  await loop.to(2.5)
  assert.deepEqual(loop.loop.remaining(), { tick: 3, batches: 1, dueMs: 500 })
  loop.loop.finish()
  await loop.to(6)
  assert.deepEqual([loop.isOver, loop.ticks], [true, [1, 2, 3]])
})

test('a loop that is to finish goes on until what was received is taken, but ten intervals at most', async () => {
  for (const [drainedAt, last] of [
    [5, 5],
    [Infinity, 13],
  ]) {
    const loop = new Loop()
    await loop.to(2.5)
    loop.loop.finish(3, () => loop.ticks.at(-1)! >= drainedAt)
    await loop.to(20)
    assert.deepEqual([loop.isOver, loop.ticks.at(-1)], [true, last])
  }
})

test('a loop that is to finish and fails twice ends with what is committed', async () => {
  const loop = new Loop()
  loop.outcome = (tick) => (tick >= 3 ? broken() : null)
  await loop.to(2.5)
  loop.loop.finish()
  await loop.to(9)
  assert.deepEqual([loop.isOver, loop.ticks, loop.errors.length], [true, [1, 2, 3, 3], 2])
})

test('what remains counts the batch under way, and a loop that is behind ends with that', async () => {
  const loop = new Loop()
  const goOn = loop.holdNext()
  await loop.to(1.2)
  assert.deepEqual(loop.loop.remaining(), { tick: 2, batches: 2, dueMs: 800 })
  await loop.to(4.5)
  assert.deepEqual(loop.loop.remaining(), { tick: 1, batches: 1, dueMs: 0 })
  loop.loop.finish()
  goOn()
  await loop.to(6)
  assert.deepEqual([loop.isOver, loop.ticks], [true, [1]])
})

test('ten batch times that were missed are said, nine are not; skipped ones always', async () => {
  const said = async (ticks: number, catchUpMax: number): Promise<string[]> => {
    const loop = new Loop({ catchUpMax }, at(ticks))
    await loop.to(ticks)
    await loop.ended()
    return loop.events.map((event) => (event.type === 'catching-up' ? event.message : event.type))
  }
  const since = `since ${new Date(at(1)).toISOString()}`
  assert.deepEqual(await said(10, 1000), [])
  assert.deepEqual(await said(11, 1000), [
    `10 batch times were missed ${since}; 10 run now, one after the other (--skip-missed: one batch for all)`,
  ])
  assert.deepEqual(await said(5, 3), [
    `4 batch times were missed ${since}; 2 are skipped (sluice.catchUpMax), their input comes with the first batch; ` +
      '2 run now, one after the other (--skip-missed: one batch for all)',
  ])
  assert.deepEqual(await said(5, 1), [
    `4 batch times were missed ${since}; 4 are skipped (sluice.catchUpMax), their input comes with the first batch; ` +
      'none is run again',
  ])
})

test('where batches come for events, the newest batch time stands for all that passed, without a word', async () => {
  const loop = new Loop({ hasGaps: true, catchUpMax: 1 }, at(50))
  await loop.to(50)
  await loop.ended()
  assert.deepEqual([loop.ticks, loop.events], [[50], []])
})

test('what a pause has missed is like what is missed in any break: the newest run, the others are said', async () => {
  const loop = new Loop({ catchUpMax: 3 })
  await loop.to(2)
  loop.isPaused = true
  await loop.to(29.5)
  loop.isPaused = false
  await loop.to(32)
  assert.deepEqual(loop.ticks.slice(2), [28, 29, 30, 31, 32])
  assert.deepEqual(
    loop.events.map((event) => (event.type === 'catching-up' ? [event.skipped, event.missed] : event.type)),
    [[25, 2]],
  )
  await loop.ended()
})
