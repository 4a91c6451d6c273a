import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { trackedBlobs } from '../../../lib/runtime/task/tracked-blobs.ts'
import { ProcessLife, World } from '../../support/lives.ts'
import type { Batch, Build } from '../../support/run.ts'

test('F25: calls that are under way are waited for, those that fail too, and those that begin meanwhile', async () => {
  const gates = { slow: Promise.withResolvers<void>(), late: Promise.withResolvers<void>() }
  const { blobs, settled } = trackedBlobs(
    Object.assign(new MemoryBlobStore(), {
      get: async (key: string) => {
        await gates[key as 'slow' | 'late'].promise
        throw new Error(key)
      },
    }),
  )
  const slow = blobs.get('slow').catch(() => blobs.get('late').catch(() => {}))
  let over = false
  const waiting = settled().then(() => {
    over = true
  })
  gates.slow.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(over, false)
  gates.late.resolve()
  await Promise.all([slow, waiting])
  assert.equal(over, true)
})

test('F25: a reducer that cannot read one block answers only when it has stopped reading the others', async () => {
  const batches: Batch[] = [Array.from({ length: 40 }, (_, i) => [`key ${i % 8} ${'x'.repeat(200)}`, i])]
  const job: Build = (input) => input().groupByKey(1)
  let open = 0
  let reads = 0
  let answers = 0
  const life = await ProcessLife.begin(new World(), job, batches, {
    slots: 2,
    onError: () => {},
    port: async (call, run) => {
      if (call === 'launch') {
        const answer = await run()
        answers++
        assert.equal(open, 0, 'a block was still being read when the task answered')
        return answer
      }
      if (call !== 'blobs.getRange') return run()
      open++
      try {
        if (reads++ % 2 === 0) throw new Error('the network is down')
        for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
        return await run()
      } finally {
        open--
      }
    },
  })
  await assert.rejects(life.run(), /the network is down/)
  assert.ok(answers > 2 && reads > 1)
})
