import { putBlob } from '../checkpoint/blobs.ts'
import { putManifest } from '../checkpoint/manifest.ts'
import { ObjectKeys } from '../checkpoint/object-keys.ts'
import { committed, marked } from '../checkpoint/transition.ts'
import type { BlobStore } from '../host/blob-store.ts'
import type { HeadStore } from '../host/head-store.ts'
import type { Random } from '../host/random.ts'
import { SluiceError } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import { KEY_GROUPS } from '../keys/key-group.ts'
import type { Manifest, OperatorState } from '../model/manifest.ts'
import { factsOf } from '../plan/graph-facts.ts'
import { fingerprint } from '../plan/fingerprint.ts'
import { KeyedState } from '../state/keyed-state.ts'
import type { StreamGraph } from '../graph/graph.ts'
import type { StreamNode } from '../graph/stream-node.ts'

interface StoredStateRequest {
  readonly node: StreamNode
  readonly graph: StreamGraph
  readonly base: Manifest | null
  readonly tick: number
  readonly version: number
  readonly entries: Iterable<readonly [unknown, unknown]>
}

interface Stores {
  readonly head: HeadStore<Head>
  readonly blobs: BlobStore
  readonly random: Random
}

/**
 * Commits a batch that reads and shows nothing and leaves one operator with the state given. Nobody else may hold the
 * head.
 */
export async function storeState(
  { head: store, blobs, random }: Stores,
  { node, graph, base, tick, version, entries }: StoredStateRequest,
): Promise<void> {
  const { rev, value: head } = (await store.read())!
  const keys = new ObjectKeys(head.app, head.inc)
  const batch = head.committed + 1
  const time = head.zeroTime + tick * head.intervalMs
  const state = keyedState(entries, node.operator === 'mapWithState' ? time : undefined)
  const ref = await putBlob(blobs, keys.state(node.uid, batch, 'stored', random.newId(), 's'), state.encodeSnapshot())
  const operator: OperatorState = {
    chains: [
      { from: 0, to: KEY_GROUPS, keys: state.keys, blocks: [{ kind: 'snapshot', batch, ref, keys: state.keys }] },
    ],
    ...(version === 1 ? {} : { version }),
  }
  const manifest: Manifest = {
    format: 2,
    batch,
    tick,
    time,
    nonce: random.newId(),
    base: base?.nonce ?? null,
    graph: fingerprint(graph),
    facts: await putBlob(blobs, keys.graph(batch, random.newId()), Buffer.from(JSON.stringify(factsOf(graph))), 0),
    cuts: {},
    positions: base?.positions ?? {},
    actions: {},
    state: { ...base?.state, [node.uid]: operator },
    ...(base?.packs ? { packs: base.packs } : {}),
    retained: base?.retained ?? {},
    outputs: {},
    records: {},
  }
  const next = committed(head, { tick, manifest: await putManifest(blobs, keys, manifest) })
  await store.cas(rev, next, 'commit')
  await store.cas(rev + 1, marked(next, { owed: next.owed, gcFloor: next.gcFloor }), 'mark')
}

function keyedState(entries: Iterable<readonly [unknown, unknown]>, time: number | undefined): KeyedState {
  const state = new KeyedState()
  for (const [key, value] of entries) state.put(state.table.upsert(key), value, time)
  return state
}

export function noState(operator: string, nodes: readonly StreamNode[]): SluiceError {
  const names =
    nodes
      .filter(({ kind }) => kind === 'state')
      .map(({ uid }) => JSON.stringify(uid))
      .join(', ') || 'none'
  return new SluiceError('E_NAME', `There is no operator "${operator}" with state by key.`, {
    did: 'nothing was done',
    next: [`these exist: ${names}`],
  })
}
