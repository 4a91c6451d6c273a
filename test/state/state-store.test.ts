import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { getBlob, putBlob } from '../../lib/checkpoint/blobs.ts'
import { hashKey } from '../../lib/keys/hash.ts'
import { keyGroupOf, partitionOfGroup } from '../../lib/keys/key-group.ts'
import type { OperatorState, StateBlock } from '../../lib/model/manifest.ts'
import type { StateWrite } from '../../lib/model/task.ts'
import { nextOperatorState } from '../../lib/state/chains.ts'
import type { KeyedState } from '../../lib/state/keyed-state.ts'
import type { StateBlobs, StateOf } from '../../lib/state/state-of.ts'
import { StateStore } from '../../lib/state/state-store.ts'
import type { WindowSpec } from '../../lib/state/window-spec.ts'

/** State blobs in memory, and how often one was read. */
function newBlobs(): StateBlobs & { reads: number } {
  const store = new MemoryBlobStore()
  let names = 0
  const blobs = {
    reads: 0,
    get: (ref: Parameters<StateBlobs['get']>[0]) => {
      blobs.reads++
      return getBlob(store, ref)
    },
    put: (operator: string, bytes: Uint8Array, suffix: string) =>
      putBlob(store, `test/${operator}/${names++}.${suffix}`, bytes),
  }
  return blobs
}

const whole = (committed: OperatorState | null, split = 0, partitions = 1): StateOf => ({
  operator: 'op',
  split,
  partitions,
  committed,
})

/** One batch of one partition: reads, changes, saves. */
async function batch(
  store: StateStore,
  of: StateOf,
  number: number,
  blobs: StateBlobs,
  change: (state: KeyedState) => void,
): Promise<StateWrite> {
  const state = await store.keyed(of, blobs)
  change(state)
  return store.saveKeyed(of, state, number, blobs)
}

const count =
  (key: unknown) =>
  (state: KeyedState): void => {
    const id = state.table.upsert(key)
    state.put(id, ((state.get(id) as number | undefined) ?? 0) + 1)
  }
const read = async (of: StateOf, blobs: StateBlobs): Promise<Record<string, unknown>> => {
  const state = await new StateStore().keyed(of, blobs)
  return Object.fromEntries(Array.from(state.table.ids(), (id) => [state.table.keyAt(id), state.get(id)]))
}

test('a chain of deltas becomes a snapshot before it is long, and nothing is lost', async () => {
  const [store, blobs] = [new StateStore(), newBlobs()]
  let committed: OperatorState | null = null
  const kinds: string[] = []
  for (let i = 1; i <= 30; i++) {
    const write = await batch(
      store,
      whole(committed),
      i,
      blobs,
      i === 1
        ? (state) => {
            for (let key = 0; key < 500; key++) count(`k${key}`)(state)
          }
        : count('k1'),
    )
    committed = nextOperatorState(committed, [write])
    kinds.push(write.block!.kind)
    assert.ok(committed.chains[0].blocks.length <= 9, `${committed.chains[0].blocks.length} blocks`)
    assert.equal(
      committed.chains[0].blocks.findLastIndex((block) => block.kind === 'snapshot'),
      0,
    )
  }
  assert.ok(kinds.filter((kind) => kind === 'snapshot').length >= 3)
  assert.deepEqual((await read(whole(committed), blobs))['k1'], 30)
})

/** Keys of one of two partitions. */
const keysOf = (split: number, keys: number): string[] =>
  Array.from({ length: 4 * keys }, (_, i) => `a key of thirty characters ${i}`)
    .filter((key) => partitionOfGroup(keyGroupOf(hashKey(key)), 2) === split)
    .slice(0, keys)

test('what travels in references moves to objects in one batch, of all partitions, once it comes to 2 kB', async () => {
  const [store, blobs] = [new StateStore(), newBlobs()]
  const keys = [keysOf(0, 420), keysOf(1, 420)]
  const counted: Record<string, number> = {}
  let committed: OperatorState | null = null
  const kinds: string[] = []
  for (let number = 1; number <= 20; number++) {
    const writes: StateWrite[] = []
    for (const split of [0, 1]) {
      const changed = number === 1 ? keys[split] : keys[split].slice(number * 20, number * 20 + 20)
      for (const key of changed) counted[key] = (counted[key] ?? 0) + 1
      const change = (state: KeyedState): void => changed.forEach((key) => count(key)(state))
      writes.push(await batch(store, whole(committed, split, 2), number, blobs, change))
    }
    committed = nextOperatorState(committed, writes)
    kinds.push(writes.map(({ block }) => block!.kind).join())
    const travelling = committed.chains
      .flatMap(({ blocks }) => blocks)
      .reduce((sum, { ref }) => sum + (ref.inline === undefined ? 0 : ref.len), 0)
    assert.ok(travelling <= 2048 + 2 * 1024, `${travelling} bytes`)
  }
  assert.deepEqual([...new Set(kinds)].toSorted(), ['delta,delta', 'snapshot,snapshot'])
  const moved = kinds.filter((kind) => kind.startsWith('snapshot')).length
  assert.ok(moved >= 4 && moved <= 10, kinds.join(' '))
  const found = { ...(await read(whole(committed, 0, 2), blobs)), ...(await read(whole(committed, 1, 2), blobs)) }
  assert.deepEqual(found, counted)
})

test('an unchanged batch writes nothing and keeps its chain', async () => {
  const [store, blobs] = [new StateStore(), newBlobs()]
  const committed = nextOperatorState(null, [await batch(store, whole(null), 1, blobs, count('a'))])
  const write = await batch(store, whole(committed), 2, blobs, () => {})
  assert.equal(write.block, null)
  assert.deepEqual(nextOperatorState(committed, [write]), committed)
})

test('warm state is used without reading, as long as it is what the manifest says', async () => {
  const [store, blobs] = [new StateStore(), newBlobs()]
  let committed = nextOperatorState(null, [await batch(store, whole(null), 1, blobs, count('a'))])
  for (let i = 2; i < 6; i++)
    committed = nextOperatorState(committed, [await batch(store, whole(committed), i, blobs, count('a'))])
  assert.equal(blobs.reads, 0)
  assert.deepEqual(await read(whole(committed), blobs), { a: 5 })
})

test('state of a batch that was not committed is never served', async () => {
  const [store, blobs] = [new StateStore(), newBlobs()]
  const committed = nextOperatorState(null, [await batch(store, whole(null), 1, blobs, count('a'))])
  await batch(store, whole(committed), 2, blobs, count('a')) // lost the race for the head
  const write = await batch(store, whole(committed), 2, blobs, count('b'))
  assert.deepEqual(await read(whole(nextOperatorState(committed, [write])), blobs), { a: 1, b: 1 })
})

test('an attempt that failed half-way leaves its state unused', async () => {
  const [store, blobs] = [new StateStore(), newBlobs()]
  const committed = nextOperatorState(null, [await batch(store, whole(null), 1, blobs, count('a'))])
  await assert.rejects(
    batch(store, whole(committed), 2, blobs, (state) => {
      count('a')(state)
      throw new Error('user code')
    }),
  )
  const write = await batch(store, whole(committed), 2, blobs, count('a'))
  assert.deepEqual(await read(whole(nextOperatorState(committed, [write])), blobs), { a: 2 })
})

/** The sum over the last two batches, with an inverse. */
const lastTwo: WindowSpec = {
  f: (a, b) => (a as number) + (b as number),
  inverse: (a, b) => (a as number) - (b as number),
  filter: null,
  lengthMs: 2,
  slideMs: 1,
  paneMs: 1,
  zeroTime: 0,
  fires: true,
  snapshots: false,
}

/** One batch of a window; `null`: its stream has no batch at this time. What it shows, and what it writes. */
async function slide(store: StateStore, of: StateOf, time: number, value: number | null, blobs: StateBlobs) {
  const state = await store.window(of, lastTwo, time, blobs)
  const pane = state.absorb(time, value === null ? null : { keys: ['k'], values: [value], hashes: null })
  const shown = state.slide(time).values
  return { shown, write: await store.saveWindow(of, lastTwo, state, pane, time, time, blobs) }
}

test('a batch without a pane leaves the blocks as they were: another attempt at it does not slide twice', async () => {
  const [store, blobs] = [new StateStore(), newBlobs()]
  let committed: OperatorState | null = null
  for (const [time, value] of [
    [1, 10],
    [2, 5],
  ] as const)
    committed = nextOperatorState(committed, [(await slide(store, whole(committed), time, value, blobs)).write])
  for (const _attempt of ['first', 'second', 'third'])
    assert.deepEqual((await slide(store, whole(committed), 3, null, blobs)).shown, [5])
})

test('a rescale moves whole ranges: each new one is a snapshot, and together they are the old state', async () => {
  const blobs = newBlobs()
  const keys = Array.from({ length: 50 }, (_, i) => `a key of thirty characters ${i}`)
  let committed: OperatorState | null = nextOperatorState(null, [
    await batch(new StateStore(), whole(null), 1, blobs, (state) => keys.forEach((key) => count(key)(state))),
  ])
  for (const partitions of [3, 2, 7, 1]) {
    const writes: StateWrite[] = []
    for (let split = 0; split < partitions; split++)
      writes.push(await batch(new StateStore(), whole(committed, split, partitions), 2, blobs, () => {}))
    assert.deepEqual(new Set(writes.map((write) => write.block!.kind)), new Set(['snapshot']))
    committed = nextOperatorState(committed, writes)
    const parts = await Promise.all(writes.map((_, split) => read(whole(committed, split, partitions), blobs)))
    assert.deepEqual(parts.flatMap((part) => Object.keys(part)).sort(), keys.toSorted())
  }
})

test('panes stay as long as the last stored result needs them: a cold start slides as a warm one', async () => {
  const [store, blobs] = [new StateStore(), newBlobs()]
  let committed: OperatorState | null = null
  for (let time = 1; time <= 9; time++) {
    const of = whole(committed)
    const spec = { ...lastTwo, snapshots: time === 4 }
    const shown: unknown[] = []
    for (const each of [new StateStore(), store]) {
      const state = await each.window(of, spec, time, blobs)
      const pane = state.absorb(time, { keys: ['k'], values: [2 ** time], hashes: null })
      shown.push(state.slide(time).values)
      const write = await each.saveWindow(of, spec, state, pane, time, time, blobs)
      if (each === store) committed = nextOperatorState(committed, [write])
    }
    const sum = 2 ** time + (time > 1 ? 2 ** (time - 1) : 0)
    assert.deepEqual(shown, [[sum], [sum]], `at ${time}`)
  }
})

test('a sound block in the place of another is refused: of the next key group, or of another count', async () => {
  const blobs = newBlobs()
  const keyOf = (group: number): number => {
    for (let key = 0; ; key++) if (keyGroupOf(hashKey(key)) === group) return key
  }
  const of = async (split: number, group: number): Promise<StateWrite> =>
    batch(new StateStore(), whole(null, split, 2), 1, blobs, count(keyOf(group)))
  const writes = [await of(0, 127), await of(1, 128)]
  const { chains } = nextOperatorState(null, writes)
  const readWith = (first: StateBlock, second: StateBlock): Promise<unknown> => {
    const committed = { chains: [first, second].map((block, i) => ({ ...chains[i], blocks: [block] })) }
    return Promise.all([0, 1].map((split) => read(whole(committed, split, 2), blobs)))
  }
  const [a, b] = chains.map(({ blocks }) => blocks[0])
  assert.deepEqual(await readWith(a, b), [{ [keyOf(127)]: 1 }, { [keyOf(128)]: 1 }])
  await assert.rejects(readWith(b, b), /not of its key groups, 0 to 127/)
  await assert.rejects(readWith(a, a), /not of its key groups, 128 to 255/)
  await assert.rejects(readWith({ ...a, keys: 2 }, b), { code: 'E_BLOB_CORRUPT' })
})
