import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { LongBatches } from '../../../lib/hosts/embedded/long-batches.ts'
import type { BatchUnderWay, EngineEvent } from '../../../lib/model/events.ts'

interface Watched {
  readonly clock: ManualClock
  readonly watch: LongBatches
  /** Elapsed seconds, tasks done, records read, seconds left: of each event since the last call. */
  said(): (number | null)[][]
}

function watched(): Watched {
  const clock = new ManualClock()
  const events: EngineEvent[] = []
  const watch = new LongBatches(clock, { event: (event) => void events.push(event) })
  const row = ({ elapsedMs, tasksDone, recordsRead, leftMs }: BatchUnderWay): (number | null)[] => [
    elapsedMs / 1000,
    tasksDone,
    recordsRead,
    leftMs === null ? null : leftMs / 1000,
  ]
  return { clock, watch, said: () => events.splice(0).map((event) => row(event as BatchUnderWay)) }
}

test('of a batch that is done within two seconds nothing is said', async () => {
  const { clock, watch, said } = watched()
  for (let batch = 1; batch <= 3; batch++) {
    watch.began(() => ({ batch, tasks: 2, records: 10 }))
    await clock.advance(900)
    watch.read(10)
    watch.done(1)
    await clock.advance(900)
    watch.done(1)
    watch.ended()
  }
  assert.deepEqual(said(), [])
})

test('of a longer one it is said once a second how far it is, and after five how long it takes', async () => {
  const { clock, watch, said } = watched()
  watch.began(() => ({ batch: 7, tasks: 10, records: 1000 }))
  for (let i = 0; i < 12; i++) {
    await clock.advance(500)
    watch.read(10)
    if (i % 4 === 3) watch.done(1)
  }
  assert.deepEqual(said(), [
    [2, 0, 40, null],
    [3, 1, 60, null],
    [4, 1, 80, null],
    [5, 2, 100, 20],
    [6, 2, 120, 24],
  ])
  watch.ended()
  await clock.advance(5000)
  watch.read(1)
  assert.deepEqual(said(), [])
})
