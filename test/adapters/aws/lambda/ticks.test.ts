import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emulated } from '../emulated.ts'
import { countingLines } from './counting-lines.ts'
import { deployed } from './deployment.ts'
import { RecordedQueue } from './recorded-queue.ts'

const servers = await emulated()

const minute = (time: string): unknown => ({ source: 'aws.events', time })

test('with ten seconds the minute is sent ahead, and each tick is one batch: nobody waits', async () => {
  const queue = new RecordedQueue()
  const { clock, invoke, put } = await deployed(servers, countingLines, {
    intervalMs: 10_000,
    tickQueue: queue.url,
    between: queue.between,
  })
  assert.deepEqual(await invoke(minute('2026-01-01T00:00:10Z')), { ticks: 6 })
  assert.deepEqual([queue.delays, queue.requests], [[10, 20, 30, 40, 50, 60], 1])
  for (let batch = 1; batch <= 6; batch++) {
    await put(`${batch}`, 'a')
    await clock.advance(10_000)
    const before = clock.now()
    assert.deepEqual(await invoke(queue.take(1)), { busy: false, batches: 1, committed: batch })
    assert.equal(clock.now(), before)
  }
})

test('a tick that comes twice, or after the one behind it, finds its batch done', async () => {
  const queue = new RecordedQueue()
  const { clock, invoke } = await deployed(servers, countingLines, {
    intervalMs: 10_000,
    tickQueue: queue.url,
    between: queue.between,
  })
  const tick = (at: number): unknown => queue.event(JSON.stringify({ sluice: { kind: 'tick', at } }))
  const first = clock.now() + 10_000
  await clock.advance(20_000)
  assert.deepEqual(await invoke(tick(first + 10_000)), { busy: false, batches: 2, committed: 2 })
  assert.deepEqual(await invoke(tick(first + 10_000)), { busy: false, batches: 0, committed: 2 })
  assert.deepEqual(await invoke(tick(first)), { busy: false, batches: 0, committed: 2 })
})

test('F04: ticks that lay in the queue for six hours begin no batch, and do not come again', async () => {
  const queue = new RecordedQueue()
  const { clock, invoke } = await deployed(servers, countingLines, {
    intervalMs: 10_000,
    tickQueue: queue.url,
    between: queue.between,
  })
  assert.deepEqual(await invoke(minute('2026-01-01T00:00:10Z')), { ticks: 6 })
  await clock.advance(6 * 3_600_000)
  assert.deepEqual(await invoke(queue.take()), { dropped: 6, covered: 0 })
})

test('a tick whose batch fails is taken out of the queue, and the next one runs the batch again', async () => {
  const queue = new RecordedQueue()
  const { clock, invoke, put } = await deployed(servers, countingLines, {
    intervalMs: 10_000,
    tickQueue: queue.url,
    between: queue.between,
    app: { conf: { 'spark.task.maxFailures': '1' } },
  })
  await invoke(minute('2026-01-01T00:00:10Z'))
  await put('1', 'bad')
  await clock.advance(10_000)
  await assert.rejects(async () => invoke(queue.take(1)), /bad line/)
  assert.deepEqual(queue.deleted, ['receipt of message-1'])
})
