import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { getBlob, putBlob } from '../../lib/checkpoint/blobs.ts'
import type { OperatorState } from '../../lib/model/manifest.ts'
import type { StateWrite } from '../../lib/model/task.ts'
import { nextOperatorState } from '../../lib/state/chains.ts'
import type { KeyedState } from '../../lib/state/keyed-state.ts'
import { type StateBlobs, type StateOf, StateStore } from '../../lib/state/state-store.ts'

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

test('a rescale moves whole ranges: each new one is a snapshot, and together they are the old state', async () => {
  const blobs = newBlobs()
  const keys = Array.from({ length: 50 }, (_, i) => `k${i}`)
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
