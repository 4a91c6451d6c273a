import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EngineEvent } from '../../../lib/model/events.ts'
import { SluiceError } from '../../../lib/model/errors.ts'
import { ProcessLife, World } from '../../support/lives.ts'
import type { Batch, Build } from '../../support/run.ts'

const words = Array.from({ length: 40 }, (_, i) => [`key ${i % 8} ${'x'.repeat(200)}`, i])
const batches: Batch[] = [words]
const counting: Build = (input) =>
  input()
    .groupByKey(2)
    .mapValues((values) => values.length)

/** Runs the batch while every shuffle block is lost before reducers read it, so many times. */
async function losing(times: number) {
  const world = new World()
  const events: EngineEvent[] = []
  const again = (): EngineEvent[] => events.filter(({ type }) => type === 'stages-again')
  const life = await ProcessLife.begin(world, counting, batches, {
    slots: 2,
    onError: () => {},
    log: { event: (event) => void events.push(event) },
    port: async (call, run) => {
      if (call === 'blobs.getRange' && again().length < times) throw new SluiceError('E_BLOB_MISSING', 'It is gone.')
      return run()
    },
  })
  const failure: unknown = await life.run().then(
    () => null,
    (error: unknown) => error,
  )
  return { world, life, failure, again: again() }
}

test('a block that is lost: all stages run again in the same batch, which is said each time', async () => {
  for (const times of [1, 2]) {
    const { world, life, failure, again } = await losing(times)
    assert.equal(failure, null)
    assert.deepEqual(
      again.map((event) => (event.type === 'stages-again' ? [event.exec, event.batch] : [])),
      Array.from({ length: times }, (_, i) => [i + 1, 1]),
    )
    const [{ records }] = world.shown
    assert.deepEqual(
      records.map((pair) => (pair as [string, number])[1]),
      Array.from({ length: 8 }, () => 5),
    )
    await life.coordinator.close()
  }
})

test('E_BLOB_MISSING: blocks that are lost three times in a row end the batch, with nothing shown', async () => {
  const { world, life, failure, again } = await losing(3)
  assert.equal((failure as { code?: string }).code, 'E_BLOB_MISSING')
  assert.deepEqual([again.length, world.shown, life.coordinator.head.committed], [2, [], 0])
})
