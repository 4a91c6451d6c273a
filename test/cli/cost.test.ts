import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containerIsCheaperFrom, costPerDay, type Workload } from '../../lib/cli/cost.ts'

const minutely: Workload = {
  intervalMs: 60_000,
  tasks: 2,
  shuffles: true,
  outputs: 1,
  recordsPerSecond: 0,
  memorySize: { coordinator: 512, task: 1769, output: 512 },
}

test('a day costs more with more records, more often, and with more tasks', () => {
  const idle = costPerDay(minutely)
  for (const change of [{ recordsPerSecond: 1000 }, { intervalMs: 10_000 }, { tasks: 8 }, { outputs: 3 }])
    assert.ok(costPerDay({ ...minutely, ...change }) > idle, JSON.stringify(change))
})

test('where a container becomes cheaper, both cost the same; where it is cheaper idle, it is from 0 on', () => {
  const from = containerIsCheaperFrom(minutely)
  assert.ok(from > 0)
  assert.ok(Math.abs(costPerDay({ ...minutely, recordsPerSecond: from }) - 0.95) < 0.001)
  assert.equal(containerIsCheaperFrom({ ...minutely, intervalMs: 1000 }), 0)
})
