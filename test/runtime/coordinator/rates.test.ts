import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProgramFacts } from '../../../lib/model/program-facts.ts'
import type { BatchInfo } from '../../../lib/observe/streaming-listener.ts'
import { Rates } from '../../../lib/runtime/coordinator/rates.ts'
import type { Source } from '../../../lib/index.ts'
import { ProcessLife, type Port, World } from '../../support/lives.ts'
import { BATCH_MS, type Build, START } from '../../support/run.ts'

const input = (uid: string, receives = false, leadsOn = true): ProgramFacts['inputs'][number] => ({
  uid,
  receives,
  discovers: false,
  leadsOn,
})

const program = (conf: Record<string, string> = {}): ProgramFacts =>
  ({
    intervalMs: 2000,
    inputs: [input('aside', false, false), input('pulled'), input('received', true)],
    conf: { 'spark.streaming.backpressure.enabled': 'true', ...conf },
  }) as unknown as ProgramFacts

/** A batch that ended at `at` after a second, and how many records it had of each stream, by its number. */
const batch = (at: number, records: readonly number[]): BatchInfo =>
  ({
    processingEndTime: at,
    processingDelay: 1000,
    schedulingDelay: 0,
    streamIdToInputInfo: new Map(records.map((numRecords, id) => [id, { inputStreamId: id, numRecords }])),
  }) as unknown as BatchInfo

test('each stream learns from its own records, and the new rates of a batch are told together', () => {
  const told: unknown[] = []
  const rates = new Rates(program(), { onRates: (each) => void told.push(Object.fromEntries(each)) })
  assert.deepEqual(rates.limits(), { pulled: null, received: null })
  rates.onBatchCompleted({ batchInfo: batch(10_000, [7000, 500, 3000]) })
  assert.deepEqual([told, rates.limits()], [[], { pulled: null, received: null }])
  rates.onBatchCompleted({ batchInfo: batch(12_000, [7000, 500, 3000]) })
  assert.deepEqual(told, [{ pulled: 500, received: 3000 }])
  // Records of two seconds; a receiver is limited while it receives.
  assert.deepEqual(rates.limits(), { pulled: 1000, received: null })
  rates.onBatchCompleted({ batchInfo: batch(14_000, [7000, 0, 0]) })
  rates.onBatchCompleted({ batchInfo: batch(16_000, []) })
  assert.equal(told.length, 1)
})

test('what a batch would teach is known before it does, and is where the next coordinator begins', () => {
  const rates = new Rates(program(), {})
  rates.onBatchCompleted({ batchInfo: batch(10_000, [0, 500, 3000]) })
  const next = batch(12_000, [0, 500, 3000])
  const learned = rates.learnedAfter(next)!
  assert.deepEqual([Object.keys(learned), learned['pulled'].rate], [['pulled', 'received'], 500])
  assert.deepEqual(rates.limits(), { pulled: null, received: null })
  rates.onBatchCompleted({ batchInfo: next })
  const later = new Rates(program(), {})
  later.recall(learned)
  assert.deepEqual(later.limits(), rates.limits())
  const after = batch(14_000, [0, 900, 900])
  assert.deepEqual(later.learnedAfter(after), rates.learnedAfter(after))
})

test('without backpressure, and where a test says what has arrived, nothing is limited and nothing learned', () => {
  const off = new Rates(program({ 'spark.streaming.backpressure.enabled': 'false' }), {})
  const free = new Rates(program({ 'spark.streaming.backpressure.initialRate': '5' }), { unlimited: true })
  const slow = new Rates(program({ 'spark.streaming.backpressure.initialRate': '5' }), {})
  for (const rates of [off, free, slow]) rates.onBatchCompleted({ batchInfo: batch(10_000, [0, 500, 500]) })
  assert.deepEqual(
    [off.limits(), off.learnedAfter(batch(12_000, [0, 500, 500]))],
    [{ pulled: null, received: null }, null],
  )
  assert.deepEqual([free.limits(), free.learnedAfter(batch(12_000, [0, 500, 500]))], [{}, null])
  assert.deepEqual(slow.limits(), { pulled: 10, received: null })
})

/** How many records a source was allowed, batch by batch, in lives of so many batches each, of a tenth of a second. */
async function limitsOver(...lives: readonly number[]): Promise<(number | null)[]> {
  const limits: (number | null)[] = []
  const source: Source<number> = {
    name: 'Endless',
    cut: async ({ time, limit }) => {
      limits.push(limit)
      return { position: time, splits: [limits.length * 10], records: limits.length * 10 }
    },
    read: (count) => [Array.from({ length: Number(count) }, (_, i) => i)],
  }
  const build: Build = (_input, context) => {
    context.sparkContext.conf.set('spark.streaming.backpressure.enabled', 'true')
    return context.source('endless', source)
  }
  const world = new World()
  let now = START
  const clock = { now: () => now, sleepUntil: async () => {} }
  const slow: Port = (call, run) => {
    if (call === 'launch') now += 100
    return run()
  }
  for (const batches of lives) {
    const { coordinator } = await ProcessLife.begin(world, build, [], { clock, port: slow, isLimited: true })
    for (let i = 0; i < batches; i++) {
      const tick = coordinator.head.tick + 1
      now = Math.max(now, START + tick * BATCH_MS)
      await coordinator.runBatch(tick)
    }
    await coordinator.close()
  }
  return limits
}

test('a process goes on at the rate that the one before it had come to', async () => {
  const whole = await limitsOver(5)
  assert.deepEqual([whole.slice(0, 2), whole.slice(2).every((each) => each! > 0)], [[null, null], true])
  for (const lives of [
    [3, 2],
    [1, 1, 3],
  ])
    assert.deepEqual(await limitsOver(...lives), whole)
})
