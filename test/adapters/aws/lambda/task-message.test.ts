import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeTask, encodeReport, TaskMessages } from '../../../../lib/adapters/aws/lambda/task-message.ts'
import { unpack } from '../../../../lib/adapters/aws/lambda/packed.ts'
import { MemoryBlobStore } from '../../../../lib/adapters/local/blob-memory.ts'
import { systemRandom } from '../../../../lib/adapters/local/system-random.ts'
import type { TaskReport, TaskSpec } from '../../../../lib/model/task.ts'

const REQUEST_BYTES_MAX = 6 * 2 ** 20

const spec = (planBytes: number, workBytes: number): TaskSpec => ({
  plan: {
    app: 'a',
    inc: 'i',
    batch: 7,
    tick: 7,
    time: 7000,
    nonce: 'n',
    epoch: 1,
    graph: 'g',
    zeroTime: 0,
    cuts: { s: { position: null, splits: ['x'.repeat(planBytes)], records: null } },
    actions: {},
    state: {},
    retained: {},
  },
  task: 's0.t0',
  exec: 0,
  attempt: 0,
  work: [{ stage: 0, partitions: [0] }],
  staged: true,
  inputs: {
    0: [{ shuffle: 0, ref: { key: 'k', len: 1, crc: 1, inline: 'y'.repeat(workBytes) }, sums: [7], counts: [1] }],
  },
})

test('F28: a task crosses as it is, or by reference where it is too big: it arrives the same', async () => {
  for (const [planBytes, workBytes, objects] of [
    [10, 10, 0],
    [9_000_000, 10, 1],
    [10, 9_000_000, 1],
    [9_000_000, 9_000_000, 2],
    [2_400_000, 2_400_000, 0],
  ] as const) {
    const blobs = new MemoryBlobStore()
    const sent = spec(planBytes, workBytes)
    const message = JSON.stringify(await new TaskMessages(blobs, systemRandom).encode(sent))
    assert.ok(message.length < REQUEST_BYTES_MAX, `${message.length} bytes`)
    assert.equal(blobs.counts.objects, objects)
    assert.deepEqual(await decodeTask(JSON.parse(message), 'a', blobs), sent)
  }
})

test('a big plan is stored once for all tasks of its batch', async () => {
  const blobs = new MemoryBlobStore()
  const messages = new TaskMessages(blobs, systemRandom)
  const { plan, ...rest } = spec(9_000_000, 10)
  await Promise.all(Array.from({ length: 10 }, (_, i) => messages.encode({ plan, ...rest, task: `s0.t${i}` })))
  assert.equal(blobs.counts.puts, 1)
})

test('F27: a big report comes back by reference', async () => {
  const blobs = new MemoryBlobStore()
  const report: TaskReport = {
    kind: 'failed',
    task: 't',
    exec: 0,
    executionId: 'r',
    error: {
      code: 'E_USER_CODE',
      fault: 'program',
      name: 'Error',
      message: 'x'.repeat(9_000_000),
      stack: '',
      where: {},
      did: '',
      next: [],
      retry: true,
    },
  }
  const packed = await encodeReport(report, spec(1, 1), blobs, systemRandom)
  assert.ok(JSON.stringify(packed).length < 1000)
  assert.deepEqual(await unpack(packed, blobs), report)
})
