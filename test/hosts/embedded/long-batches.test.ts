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
    [5, 2, 100, 45],
    [6, 2, 120, 44],
  ])
  watch.ended()
  await clock.advance(5000)
  watch.read(1)
  assert.deepEqual(said(), [])
})

test('what is left is told by records, and not where one task has most of them, or nobody knows how many', async () => {
  const { clock, watch, said } = watched()
  const run = async (records: number | null, reads: readonly number[]): Promise<(number | null)[]> => {
    watch.began(() => ({ batch: 7, tasks: 10, records }))
    for (const read of reads) {
      await clock.advance(1000)
      if (read > 0) watch.read(read)
      // Nine of ten tasks are done at once.
      watch.done(reads.indexOf(read) === 0 ? 9 : 0)
    }
    watch.ended()
    return said()
      .map((row) => row.at(-1) ?? null)
      .slice(-2)
  }
  // Nine small tasks in a second, and one that holds the others.
  assert.deepEqual(await run(1000, [50, 0, 0, 0, 0, 0]), [null, null])
  // A tenth in a second, and the rest elsewhere, which is only heard of at its end: no more than ten in all.
  assert.deepEqual(await run(1000, [100, 0, 0, 0, 0, 0]), [5, 4])
  assert.deepEqual(await run(1000, [100, ...Array.from({ length: 10 }, () => 0)]), [null, null])
  assert.deepEqual(await run(null, [100, 100, 100, 100, 100, 100]), [null, null])
  // All is read, and what takes its time now is something else.
  assert.deepEqual(await run(1000, [1000, 0, 0, 0, 0, 0]), [null, null])
})
