import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emulated } from '../emulated.ts'
import { countingLines } from './counting-lines.ts'
import { deployed } from './deployment.ts'
import { RecordedQueue } from './recorded-queue.ts'

const servers = await emulated()

const byEvents = { conf: { 'sluice.trigger': 'events', 'spark.task.maxFailures': '1' } }
const arrival = (key: string): unknown => ({ Records: [{ eventSource: 'aws:s3', s3: { object: { key } } }] })

async function started(define = countingLines) {
  const queue = new RecordedQueue()
  const deployment = await deployed(servers, define, {
    app: byEvents,
    tickQueue: queue.url,
    between: queue.between,
  })
  // The event of the first invocation, when nothing was due yet, waits for the first batch time.
  assert.deepEqual(queue.delays, [50])
  await deployment.clock.advance(60_000)
  assert.deepEqual(await deployment.invoke(queue.take()), { busy: false, batches: 1, committed: 1 })
  return { queue, ...deployment }
}

test('after a long rest an event is one batch at once, and not one for each batch time that has passed', async () => {
  const { clock, invoke, put, saved, queue } = await started()
  await clock.advance(6 * 3_600_000 + 7000)
  await put('1', 'a')
  assert.deepEqual(await invoke(arrival('1')), { busy: false, batches: 1, committed: 2 })
  assert.deepEqual(queue.delays, [])
  assert.deepEqual((await saved()).at(-1), { a: 1 })
})

test('an event soon after a batch waits in the queue for the next batch time, and is in that batch', async () => {
  const { clock, invoke, put, saved, queue } = await started()
  await put('1', 'a')
  await clock.advance(10_000)
  assert.deepEqual(await invoke(queue.event('{"any":"thing"}', 'no JSON')), { busy: false, batches: 0, committed: 1 })
  // One message stands for both, and is held back until then.
  assert.deepEqual(queue.delays, [40])
  await clock.advance(40_000)
  assert.deepEqual(await invoke(queue.take()), { busy: false, batches: 1, committed: 2 })
  assert.deepEqual((await saved()).at(-1), { a: 1 })
})

test('an event while a batch runs leads to one after it, which reads what has come meanwhile', async () => {
  const { clock, invoke, put, saved, queue, lambda, head } = await started()
  await put('1', 'a')
  await clock.advance(60_000)
  let other: unknown = null
  lambda.before = async (kind) => {
    if (kind !== undefined || other !== null) return
    other = 'asked'
    // The batch under way has been planned: what comes now is not in it.
    await put('2', 'b')
    other = await invoke(arrival('2'))
  }
  const answers = [await invoke(arrival('1')), other]
  const { committed } = await head()
  while (queue.delays.length > 0) {
    await clock.advance(60_000)
    await invoke(queue.take())
  }
  assert.ok(committed >= 2, JSON.stringify(answers))
  assert.deepEqual((await saved()).at(-1), { a: 1, b: 1 })
})

test('an event whose batch fails waits longer each time, and the invocation fails', async () => {
  const { clock, invoke, put, queue } = await started()
  await put('1', 'bad')
  await clock.advance(60_000)
  await assert.rejects(async () => invoke(queue.event('{}')), /bad line/)
  assert.deepEqual([queue.delays, queue.deleted], [[60], ['receipt of message-2']])
  await clock.advance(60_000)
  await assert.rejects(async () => invoke(queue.take()), /bad line/)
  assert.deepEqual(queue.delays, [120])
})

test('an event that came before a batch which is committed by now needs none of its own', async () => {
  const { invoke, clock, queue } = await started()
  await clock.advance(60_000)
  const event = (needs: number): string => JSON.stringify({ sluice: { kind: 'event', needs, tries: 3 } })
  assert.deepEqual(await invoke(queue.event(event(1))), { dropped: 0, covered: 1 })
  assert.deepEqual(await invoke(queue.event(event(1), event(2))), { busy: false, batches: 1, committed: 2 })
  assert.deepEqual(await invoke(queue.event(event(2))), { dropped: 0, covered: 1 })
})
