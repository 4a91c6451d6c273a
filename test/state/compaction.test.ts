import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBlock } from '../../lib/codec/block.ts'
import type { BlobRef } from '../../lib/model/refs.ts'
import type { OperatorState, StateBlock } from '../../lib/model/manifest.ts'
import { basesOf, blocksAfter, chainFault } from '../../lib/model/state-chain.ts'
import { nextOperatorState } from '../../lib/state/chains.ts'
import { groupsDue, isCrowded, isLong, rangesOf } from '../../lib/state/compaction.ts'
import type { KeyedState } from '../../lib/state/keyed-state.ts'
import { USUAL_LIMITS } from '../../lib/state/limits.ts'
import type { StateBlobs, StateOf } from '../../lib/state/state-of.ts'
import { StateStore } from '../../lib/state/state-store.ts'
import { type Dice, withSeeds } from '../support/dice.ts'

const KEYS = USUAL_LIMITS.compactApiece + 4000

test('large state is never rewritten in one batch: each writes its changes and some of the oldest groups', async () => {
  const app = new Stored()
  await app.batch((state) => fill(state, KEYS))
  assert.equal(app.last.kind, 'snapshot')
  let rows = 0
  for (let i = 0; i < 60; i++) {
    await app.batch((state) => fill(state, 300, i))
    assert.equal(app.last.kind, 'delta')
    rows = Math.max(rows, app.last.keys)
  }
  assert.ok(rows < 4 * 1024, `a batch of 300 changes wrote ${rows} keys`)
  assert.ok(app.blocks.length < 25, `${app.blocks.length} blocks`)
  const read = await app.sizeOfColdRead()
  assert.ok(read < 2.5 * KEYS, `a cold start reads ${read} keys of ${KEYS}`)
})

test('whatever is put, removed and put again, a cold start reads what the warm process holds', (t) =>
  withSeeds(t, 3, async (dice) => {
    const app = new Stored()
    const model = new Map<string, number>()
    await app.batch((state) => put(state, model, 0, KEYS, 0))
    for (let i = 1; i <= 40; i++) {
      const from = dice.below(KEYS)
      await app.batch((state) => {
        put(state, model, from, from + dice.below(800), i)
        takeOut(state, model, dice)
        put(state, model, from, from + dice.below(50), -i)
      })
      // So many keys stay that no batch writes all of them.
      assert.equal(app.last.kind, 'delta')
      if (i % 3 === 0) assert.deepEqual(await app.cold(), model)
    }
    assert.deepEqual(await app.cold(), model)
  }))

test('large state that becomes small is a snapshot again', async () => {
  const app = new Stored()
  await app.batch((state) => fill(state, KEYS))
  await app.batch((state) => fill(state, 10, 1))
  await app.batch((state) => {
    for (const id of state.table.ids()) if (state.table.keyAt(id) !== 'k1') state.remove(id)
  })
  for (let i = 0; i < 12; i++) await app.batch((state) => fill(state, 2, i))
  assert.equal(app.blocks[0].kind, 'snapshot')
  assert.ok(app.blocks[0].keys <= 2)
  assert.equal((await app.cold()).size, 2)
})

test('after a change of partitions each takes its groups out of blocks that are whole for some of them', async () => {
  const app = new Stored()
  await app.batch((state) => fill(state, KEYS))
  for (let i = 1; i < 10; i++) await app.batch((state) => fill(state, 200, i))
  const before = await app.cold()
  const parts = await Promise.all([0, 1, 2].map((split) => app.cold(split, 3)))
  assert.deepEqual(new Map(parts.flatMap((part) => [...part])), before)
})

test('groups are due in the order of their bases, until as many keys as have changed are written', () => {
  const blocks = [snapshot(1), delta(2, [0, 2]), delta(3, [2, 3])]
  const facts = {
    blocks,
    from: 0,
    to: 5,
    keys: 50_000,
    changes: 25_000,
    compactApiece: USUAL_LIMITS.compactApiece,
    keysIn: () => 10_000,
  }
  assert.deepEqual(groupsDue(facts), [0, 3, 4])
  assert.deepEqual(groupsDue({ ...facts, changes: 1 }), [3])
  assert.deepEqual(groupsDue({ ...facts, changes: 1e9 }), [0, 1, 2, 3, 4])
})

test('of a partition in the middle the sizes of its own groups count', () => {
  const asked: number[] = []
  const keysIn = (group: number): number => {
    asked.push(group)
    return 100
  }
  const ref = { key: 'k', len: 1, crc: 1 }
  const blocks: StateBlock[] = [{ kind: 'snapshot', batch: 1, ref, keys: 6400 }]
  const due = groupsDue({ blocks, from: 64, to: 128, keys: 6400, changes: 250, compactApiece: 1, keysIn })
  assert.deepEqual(due, [64, 65, 66])
  assert.deepEqual(asked, due)
})

test('a block goes when no group needs it, and a chain without all keys of some group is refused', () => {
  const chain = [snapshot(1), delta(2, [0, 2]), delta(3)]
  assert.deepEqual([...basesOf(chain, 0, 4)], [1, 1, 0, 0])
  assert.deepEqual([...basesOf([...chain, delta(4, [2, 3])], 0, 4)], [1, 1, 3, 0])
  // Of the groups of other partitions, before and behind its own, a partition knows nothing.
  assert.deepEqual([...basesOf([snapshot(1), delta(2, [0, 2]), delta(3, [3, 9])], 1, 4)], [1, 0, 2])
  const after = blocksAfter(chain, delta(4, [2, 4]), 0, 4)
  assert.deepEqual(
    after.map(({ batch }) => batch),
    [2, 3, 4],
  )
  assert.equal(chainFault({ from: 0, to: 4, keys: 1, blocks: after }), null)
  assert.match(
    chainFault({ from: 0, to: 4, keys: 1, blocks: after.slice(1) })!,
    /no block holds all keys of key group 0/,
  )
  assert.match(chainFault({ from: 0, to: 4, keys: 1, blocks: [delta(2), snapshot(3)] })!, /a snapshot lies on top/)
})

test('small state is rewritten after eight deltas, or once they weigh more than the snapshot, and not before', () => {
  const sized = (kind: StateBlock['kind'], len: number): StateBlock => ({
    kind,
    batch: 1,
    ref: { key: 'k', len, crc: 0 },
    keys: 1,
  })
  const after = (snapshot: number, ...deltas: number[]): boolean =>
    isLong([sized('snapshot', snapshot), ...deltas.map((len) => sized('delta', len))])
  const ones = (count: number): number[] => Array.from({ length: count }, () => 1)
  assert.deepEqual([after(100), after(100, ...ones(7)), after(100, ...ones(8))], [false, false, true])
  assert.deepEqual([after(100, 60, 40), after(100, 60, 41)], [false, true])
  assert.deepEqual([isLong([]), isLong([sized('delta', 9)])], [false, false])
})

test('small state moves out of references once they bring along more than 2 kB, all partitions together', () => {
  const stored = (len: number, inline?: string): StateBlock => ({
    kind: 'snapshot',
    batch: 1,
    ref: { key: 'k', len, crc: 0, ...(inline === undefined ? {} : { inline }) },
    keys: 1,
  })
  const state = (...blocks: StateBlock[]): OperatorState => ({
    chains: blocks.map((block, i) => ({ from: i, to: i + 1, keys: 1, blocks: [block] })),
  })
  const [half, more, object] = [stored(1024, ''), stored(1025, ''), stored(9000)]
  assert.deepEqual(
    [state(half, half), state(half, more), state(half, object)].map((each) => isCrowded(each, 10)),
    [false, true, false],
  )
  assert.deepEqual([isCrowded(state(half, more), 2048), isCrowded(state(half, more), 2049)], [true, false])
  assert.equal(isCrowded(null, 1), false)
})

test('numbers in order are few ranges', () => {
  assert.deepEqual(rangesOf([]), [])
  assert.deepEqual(rangesOf([0, 1, 2, 7, 9, 10]), [
    [0, 3],
    [7, 8],
    [9, 11],
  ])
})

const snapshot = (batch: number): StateBlock => ({ kind: 'snapshot', batch, ref: refOf(batch), keys: 1 })
const delta = (batch: number, whole?: readonly [number, number]): StateBlock => ({
  kind: 'delta',
  batch,
  ref: refOf(batch),
  keys: 1,
  ...(whole ? { whole: [whole] } : {}),
})
const refOf = (batch: number): BlobRef => ({ key: `app/i/st/op/${batch}`, len: 10, crc: 0 })

function fill(state: KeyedState, count: number, value = 0): void {
  for (let i = 0; i < count; i++) state.put(state.table.upsert(`k${i}`), value)
}

function put(state: KeyedState, model: Map<string, number>, from: number, to: number, value: number): void {
  for (let i = from; i < to; i++) {
    state.put(state.table.upsert(`k${i}`), value)
    model.set(`k${i}`, value)
  }
}

function takeOut(state: KeyedState, model: Map<string, number>, dice: Dice): void {
  for (const key of model.keys()) {
    if (!dice.chance(0.003)) continue
    state.remove(state.table.find(key))
    model.delete(key)
  }
}

/** One operator in one partition, saved batch by batch. */
class Stored {
  readonly #store = new StateStore()
  readonly #objects = new Map<string, Uint8Array>()
  #committed: OperatorState | null = null
  #batch = 0
  #reads = 0

  get blocks(): readonly StateBlock[] {
    return this.#committed!.chains[0].blocks
  }
  get last(): StateBlock {
    return this.blocks.at(-1)!
  }

  async batch(change: (state: KeyedState) => void): Promise<void> {
    const of = this.#of(0, 1)
    const state = await this.#store.keyed(of, this.#blobs)
    change(state)
    this.#committed = nextOperatorState(this.#committed, [
      await this.#store.saveKeyed(of, state, ++this.#batch, this.#blobs),
    ])
    assert.equal(chainFault(this.#committed.chains[0]), null)
  }

  async cold(split = 0, partitions = 1): Promise<Map<string, number>> {
    const state = await new StateStore().keyed(this.#of(split, partitions), this.#blobs)
    const content = Array.from(state.table.ids()).filter((id) => state.has(id))
    return new Map(content.map((id) => [state.table.keyAt(id) as string, state.get(id) as number]))
  }

  /** Every block of the chain is read once, and none that is not in it; none holds more than the manifest says. */
  async sizeOfColdRead(): Promise<number> {
    this.#reads = 0
    await this.cold()
    assert.equal(this.#reads, this.blocks.length)
    let all = 0
    for (const { kind, ref, keys } of this.blocks) {
      const block = openBlock(this.#objects.get(ref.key)!, ref.key)
      const rows = block.entries.reduce((sum, { count }) => sum + count, 0)
      assert.ok(kind === 'snapshot' ? rows === keys : rows <= keys, `${rows} rows in a ${kind} of ${keys} keys`)
      all += rows
    }
    return all
  }

  #of(split: number, partitions: number): StateOf {
    return { operator: 'op', split, partitions, committed: this.#committed }
  }

  readonly #blobs: StateBlobs = {
    get: async (ref) => {
      this.#reads++
      return this.#objects.get(ref.key)!
    },
    put: async (operator, bytes, suffix) => {
      const key = `app/i/st/${operator}/${this.#batch}.${suffix}`
      this.#objects.set(key, bytes)
      return { key, len: bytes.length, crc: 0 }
    },
  }
}
