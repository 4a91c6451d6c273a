import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordedBatches } from '../../bench/bill/recorded.ts'
import { billOf, sumOf } from '../../lib/cli/bill.ts'
import { costPerDay, type Workload } from '../../lib/cli/cost.ts'

const BATCHES_A_DAY = 24 * 60

test('what plan says that small batches cost is about what their recorded calls cost', async () => {
  const memorySize = { coordinator: 256, task: 1769, output: 512 }
  const recording = { intervalMs: 60_000, shards: 4, records: 40, bytes: 16, batches: 8, memorySize }
  const { usage } = await recordedBatches(recording)
  // The coordinator is called from outside.
  const recorded = sumOf(billOf({ ...usage, invocations: usage.invocations + 1 }, memorySize)) * BATCHES_A_DAY
  const workload: Workload = {
    intervalMs: 60_000,
    tasks: 4,
    shuffles: true,
    outputs: 1,
    discovers: true,
    recordsPerSecond: 40 / 60,
    memorySize,
    receivers: { count: 0, memorySize: 256 },
  }
  const planned = costPerDay(workload)
  assert.ok(planned > 0.75 * recorded && planned < 1.25 * recorded, `${planned} planned, ${recorded} recorded`)
})
