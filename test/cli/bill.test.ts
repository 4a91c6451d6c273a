import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordedBatches } from '../../bench/bill/recorded.ts'
import { billOf, NOTHING, sumOf, type Usage } from '../../lib/cli/bill.ts'
import { costPerDay, usageOfBatch, type Workload } from '../../lib/cli/cost.ts'

const BATCHES_A_DAY = 24 * 60

const memorySize = { coordinator: 256, task: 1769, output: 512 }
const recording = { intervalMs: 60_000, shards: 4, records: 40, bytes: 16, batches: 8, memorySize }
/** The coordinator is called from outside, and that is not recorded. */
function assertCalled(planned: Usage, { invocations, tableWrites, gets, messages }: Usage): void {
  assert.deepEqual([planned.invocations, planned.tableWrites], [invocations + 1, tableWrites])
  assert.deepEqual([planned.gets, planned.messages], [gets, messages])
}

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

test('what plan says that small batches cost is about what their recorded calls cost', async () => {
  const { usage } = await recordedBatches(recording)
  assertCalled(usageOfBatch(workload), usage)
  const recorded = sumOf(billOf({ ...usage, invocations: usage.invocations + 1 }, memorySize)) * BATCHES_A_DAY
  const planned = costPerDay(workload)
  assert.ok(planned > 0.75 * recorded && planned < 1.25 * recorded, `${planned} planned, ${recorded} recorded`)
})

test('what plan says of a batch without records is what such a batch asks for, call by call', async () => {
  const { usage } = await recordedBatches({ ...recording, records: 0 })
  const planned = usageOfBatch({ ...workload, recordsPerSecond: 0 })
  assertCalled(planned, usage)
  assert.equal(planned.puts, usage.puts)
  for (const kind of ['coordinator', 'task', 'output'] as const) {
    const [said, took] = [planned.ms[kind], usage.ms[kind]]
    assert.ok(said > 0.9 * took && said < 1.1 * took, `${kind}: ${said} ms planned, ${took} ms recorded`)
  }
})

test('a batch of many bytes is a call to plan it, tasks stage by stage, and its outputs; each leaves an object', () => {
  const calls = (more: Partial<Workload>): number[] => {
    const { invocations, puts } = usageOfBatch({ ...workload, recordsPerSecond: 1000, ...more })
    return [invocations, puts]
  }
  // Besides those that plan, show and coordinate: four tasks before the shuffle, and four behind it.
  assert.deepEqual(calls({}), [3 + 8, 1 + 8])
  assert.deepEqual(calls({ shuffles: false }), [3 + 4, 1 + 4])
  assert.deepEqual(calls({ tasks: 7 }), [3 + 14, 1 + 14])
})

test('a million of each costs what the price list of us-east-1 says', () => {
  const million = 1e6
  for (const [usage, dollars] of [
    [{ invocations: million }, 0.2],
    [{ ms: { ...NOTHING.ms, task: 1000 * million } }, 13.3334 * (memorySize.task / 1024)],
    [{ tableWrites: million }, 0.625],
    [{ tableReads: million }, 0.125],
    [{ puts: million }, 5],
    [{ gets: million }, 0.4],
    [{ messages: million }, 0.4],
    [{ logBytes: million }, 0.0005],
  ] as const)
    assert.equal(sumOf(billOf({ ...NOTHING, ...usage }, memorySize)).toFixed(6), dollars.toFixed(6))
})
