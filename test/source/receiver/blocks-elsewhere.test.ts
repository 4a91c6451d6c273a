import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { systemClock } from '../../../lib/adapters/local/system-clock.ts'
import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'
import { silentLog } from '../../../lib/host/log.ts'
import { type BlockPosition, NO_BLOCKS } from '../../../lib/source/receiver/block-position.ts'
import { BlocksElsewhere } from '../../../lib/source/receiver/blocks-elsewhere.ts'
import type { SourceIo } from '../../../lib/source/source.ts'
import { type Dice, withSeeds } from '../../support/dice.ts'

const PREFIX = 'app/i/rcv/lines/'

function place(): {
  readonly io: SourceIo
  store(run: string, seq: number): Promise<void>
  stored(): Promise<string[]>
} {
  const blobs = new MemoryBlobStore()
  const io = { blobs, clock: systemClock, random: new SeededRandom(1), log: silentLog, prefix: PREFIX }
  return {
    io,
    store: (run, seq) => blobs.putNew(`${PREFIX}blocks/${run}/${String(seq).padStart(12, '0')}-1`, Buffer.from('x')),
    stored: () => blobs.list(PREFIX),
  }
}

const blockOf = ({ key }: { readonly key: string }): string => key.slice(`${PREFIX}blocks/`.length)

test('a block that is stored after the one behind it was taken is of the next batch, and deleted then', async () => {
  const { io, store, stored } = place()
  const source = new BlocksElsewhere()
  await store('r1', 0)
  await store('r1', 2)
  const first = await source.cut({ position: null, io })
  assert.deepEqual(first.splits.map(blockOf), ['r1/000000000000-1', 'r1/000000000002-1'])
  assert.deepEqual(first.position, { runs: { r1: 3 }, missing: { r1: [[1, 2]] } })

  await store('r1', 1)
  await source.committed(first.position, io)
  const second = await source.cut({ position: first.position, io })
  assert.deepEqual(second.splits.map(blockOf), ['r1/000000000001-1'])
  assert.deepEqual(second.position, { runs: { r1: 3 } })
  await source.committed(second.position, io)
  assert.deepEqual(await stored(), [])
})

test('a batch takes a thousand blocks at most, the oldest, and later ones the rest', async () => {
  const { io, store } = place()
  for (let seq = 0; seq < 1200; seq++) await store('r1', seq)
  const source = new BlocksElsewhere()
  const first = await source.cut({ position: null, io })
  assert.deepEqual([first.splits.length, first.position], [1000, { runs: { r1: 1000 } }])
  const second = await source.cut({ position: first.position, io })
  assert.deepEqual([second.splits.length, second.position], [200, { runs: { r1: 1200 } }])
})

test('whatever order blocks of several lives are stored in, each is taken by one batch', (t) =>
  withSeeds(t, 200, async (dice: Dice) => {
    const { io, store, stored } = place()
    const runs = Array.from({ length: 1 + dice.below(4) }, (_, i) => `r${i}`)
    const blocks = runs.flatMap((run) => Array.from({ length: dice.below(12) }, (_, seq) => ({ run, seq })))
    // Stored out of order, and one in ten never.
    const order = blocks
      .filter(() => dice.below(10) > 0)
      .map((block) => ({ block, at: block.seq + dice.below(6) }))
      .toSorted((a, b) => a.at - b.at)
    const taken: string[] = []
    let position: BlockPosition = NO_BLOCKS
    let source = new BlocksElsewhere()
    const batch = async (): Promise<void> => {
      if (dice.below(3) === 0) source = new BlocksElsewhere()
      await source.committed(position, io)
      const cut = await source.cut({ position, io })
      // A batch that fails is planned again.
      if (dice.below(4) === 0) return
      taken.push(...cut.splits.map(blockOf))
      position = cut.position
    }
    for (const { block } of order) {
      await store(block.run, block.seq)
      if (dice.below(3) === 0) await batch()
    }
    for (let i = 0; i < 20; i++) await batch()
    const all = order.map(({ block }) => `${block.run}/${String(block.seq).padStart(12, '0')}-1`)
    assert.deepEqual(taken.toSorted(), all.toSorted())
    assert.deepEqual(await stored(), [])
  }))
