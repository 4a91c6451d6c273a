import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containerIsCheaperFrom, costPerDay, type Workload } from '../../lib/cli/cost.ts'

const minutely: Workload = {
  intervalMs: 60_000,
  tasks: 2,
  shuffles: true,
  outputs: 1,
  discovers: false,
  recordsPerSecond: 0,
  memorySize: { coordinator: 512, task: 1769, output: 512 },
  receivers: { count: 0, memorySize: 512 },
}

test('a day costs more with more records, and more often; with more tasks where they are needed', () => {
  const idle = costPerDay(minutely)
  for (const change of [{ recordsPerSecond: 1000 }, { intervalMs: 10_000 }])
    assert.ok(costPerDay({ ...minutely, ...change }) > idle, JSON.stringify(change))
  const busy = { ...minutely, recordsPerSecond: 10_000 }
  assert.equal(costPerDay({ ...minutely, tasks: 8 }), idle)
  assert.ok(costPerDay({ ...busy, tasks: 8 }) > costPerDay(busy))
})

test('woken by a queue, a batch at ten seconds costs about what one a minute does; below five, waiting is most', () => {
  const aBatch = (intervalMs: number): number =>
    costPerDay({ ...minutely, intervalMs, recordsPerSecond: 10 }) / (86_400_000 / intervalMs)
  assert.ok(aBatch(10_000) < 1.5 * aBatch(60_000), `${aBatch(10_000)} and ${aBatch(60_000)}`)
  assert.ok(aBatch(4999) > 2 * aBatch(5000))
})

test('a receiver costs what a function costs that never ends', () => {
  const receivers = { count: 2, memorySize: 1024 }
  const more = costPerDay({ ...minutely, receivers }) - costPerDay(minutely)
  assert.ok(Math.abs(more - 2 * 86_400 * 1.33334e-5) < 1e-6, `${more}`)
})

test('a container is said to be cheaper from the first rate on at which it is, which may be 0', () => {
  const from = containerIsCheaperFrom(minutely)
  assert.ok(from > 0)
  const [before, at] = [from - 1, from].map((recordsPerSecond) => costPerDay({ ...minutely, recordsPerSecond }))
  assert.ok(before < 0.95 && at >= 0.95, `${before}, ${at}`)
  assert.equal(containerIsCheaperFrom({ ...minutely, intervalMs: 500 }), 0)
})
