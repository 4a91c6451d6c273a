import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getBlob } from '../../../lib/checkpoint/blobs.ts'
import { kindOf, ObjectKeys } from '../../../lib/checkpoint/object-keys.ts'
import { refsOf } from '../../../lib/checkpoint/manifest.ts'
import type { SluiceError } from '../../../lib/model/errors.ts'
import type { Source } from '../../../lib/index.ts'
import { ProcessLife, World } from '../../support/lives.ts'
import type { Batch, Build } from '../../support/run.ts'

// Longer than what travels inside a reference, so that the state is an object of its own.
const word = (n: number): string => `hunter2-${n}-${'x'.repeat(600)}`
const batches: Batch[] = Array.from({ length: 4 }, () => [1, 2, 3].map((n) => [word(n), 1]))
const totals: Build = (input) => input().updateStateByKey((ones: readonly number[], sum = 0) => sum + ones.length)

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte))

for (const [what, damage] of [
  ['gone', null],
  ['damaged', flipped],
  ['cut short', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1)],
] as const) {
  test(
    `F37: state that is ${what} halts the app, naming object and batch, and is never taken for empty; ` +
      'put back, the app goes on where it was',
    async () => {
      const world = new World()
      await (await ProcessLife.begin(world, totals, batches)).run(2)
      const life = await ProcessLife.begin(world, totals, batches)
      const { key } = [...refsOf(life.coordinator.manifest!)].find(
        (ref) => kindOf(ref.key) === 'state' && ref.inline === undefined,
      )!
      const bytes = await world.blobs.get(key)
      await world.blobs.delete(key)
      if (damage) await world.blobs.putNew(key, damage(bytes))

      await assert.rejects(life.run(), (error: SluiceError) => {
        assert.deepEqual(
          [error.code, error.where.batch, error.message.includes(key), error.message.includes('hunter2')],
          ['E_HALTED', 3, true, false],
        )
        return true
      })
      const { value: head } = (await world.head.read())!
      assert.deepEqual([head.committed, head.halt!.batch], [2, 3])
      await assert.rejects(
        ProcessLife.begin(world, totals, batches),
        (error: SluiceError) => error.code === 'E_HALTED' && error.message.includes(key),
      )

      await world.blobs.delete(key)
      await world.blobs.putNew(key, bytes)
      await (await ProcessLife.begin(world, totals, batches, { resume: true })).run()
      assert.deepEqual(
        world.shown.at(-1)!.records.map((record) => (record as [string, number])[1]),
        [4, 4, 4],
      )
    },
  )
}

test('what a source has kept and cannot find fails the batch, and halts nobody: it may come back', async () => {
  const world = new World()
  const key = new ObjectKeys('test', 'i1').source('kept') + 'a'
  const source: Source<number> = {
    name: 'Kept',
    cut: async ({ time }) => ({ position: time, splits: [key], records: 1 }),
    read: async function* () {
      yield [...(await getBlob(world.blobs, { key, len: 1, crc: 0xd202ef8d }))]
    },
  }
  const life = await ProcessLife.begin(world, (_input, context) => context.source('kept', source), [])
  await assert.rejects(life.run(1), { code: 'E_BLOB_MISSING' })
  assert.deepEqual([life.coordinator.head.committed, life.coordinator.head.halt], [0, null])
  await world.blobs.putNew(key, Buffer.of(0))
  await life.run(1)
  assert.deepEqual(world.shown.at(-1)!.records, [0])
})
