import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { ObjectKeys } from '../../../lib/checkpoint/object-keys.ts'
import { KnownGraph } from '../../../lib/hosts/lambda/known-graph.ts'
import { hasCode } from '../../../lib/model/errors.ts'

const keys = new ObjectKeys('app', 'inc')
const [first, second, state] = [keys.graph(1, 'a'), keys.graph(2, 'b'), keys.state('sums', 1, 'all', 'x', 's')]

/** A store that counts how often each object is read. */
class CountingStore extends MemoryBlobStore {
  readonly reads: Record<string, number> = {}

  override get(key: string): Promise<Uint8Array> {
    this.reads[key] = (this.reads[key] ?? 0) + 1
    return super.get(key)
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('a process reads the graph of the last batch once, that of a new program once more, state each time', async () => {
  const [store, known] = [new CountingStore(), new KnownGraph()]
  for (const key of [first, second, state]) await store.putNew(key, bytes(key))
  for (const key of [first, state, first, state, second, second])
    assert.deepEqual(await known.remembering(store).get(key), bytes(key))
  assert.deepEqual(store.reads, { [first]: 1, [second]: 1, [state]: 2 })
})

test('a graph that could not be read is read again', async () => {
  const [store, known] = [new CountingStore(), new KnownGraph()]
  await assert.rejects(known.remembering(store).get(first), (error) => hasCode(error, 'E_BLOB_MISSING'))
  await store.putNew(first, bytes('there'))
  assert.deepEqual(await known.remembering(store).get(first), bytes('there'))
})
