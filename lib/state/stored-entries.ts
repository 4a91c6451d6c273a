import type { OperatorUid } from '../model/ids.ts'
import type { OperatorState } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'
import { KEY_GROUPS } from '../keys/key-group.ts'
import { hashKey } from '../keys/hash.ts'
import { KeyTable } from '../keys/key-table.ts'
import { chainsFor, panesFor } from './chains.ts'
import { StateStore } from './state-store.ts'
import { decodePairs } from './window-state.ts'

/** One key of an operator's state as it is stored. */
export type StoredEntry =
  | {
      readonly kind: 'value'
      readonly key: unknown
      readonly value: unknown
      /** Ms since the epoch; only operators with timeouts note it. */
      readonly updated: number | null
    }
  /** Of a window: what each batch inside it came to, oldest first. */
  | { readonly kind: 'panes'; readonly key: unknown; readonly panes: readonly StoredPane[] }

interface StoredPane {
  readonly time: number
  readonly value: unknown
}

type GetBlob = (ref: BlobRef) => Promise<Uint8Array>

/** All keys that a manifest names for an operator, in no order that means anything. Reads, and writes nothing. */
export const storedEntries = (operator: OperatorUid, committed: OperatorState, get: GetBlob): Promise<StoredEntry[]> =>
  committed.panes === undefined ? keyedEntries(operator, committed, get) : paneEntries(committed, get)

async function keyedEntries(operator: OperatorUid, committed: OperatorState, get: GetBlob): Promise<StoredEntry[]> {
  const state = await new StateStore().keyed(
    { operator, split: 0, partitions: 1, committed },
    { get, put: () => Promise.reject(new Error('state is only read here')) },
  )
  return Array.from(state.table.ids())
    .filter((id) => state.has(id))
    .map((id) => ({
      kind: 'value',
      key: state.table.keyAt(id),
      value: state.get(id),
      updated: state.timeOf(id) || null,
    }))
}

async function paneEntries(committed: OperatorState, get: GetBlob): Promise<StoredEntry[]> {
  const table = new KeyTable()
  const panesOf: StoredPane[][] = []
  for (const { time, ref } of panesFor(committed, 0, KEY_GROUPS))
    for (const [key, value] of decodePairs(await get(ref), ref.key, () => true))
      (panesOf[table.upsertHashed(key, hashKey(key))] ??= []).push({ time, value })
  return panesOf.map((panes, id) => ({ kind: 'panes', key: table.keyAt(id), panes }))
}

/** How much an operator keeps, and in how many objects. */
export interface StoredSize {
  readonly keys: number
  readonly bytes: number
  readonly blocks: number
  readonly panes: number
}

/** Without reading any of it. */
export function storedSize(committed: OperatorState): StoredSize {
  const chains = chainsFor(committed, 0, KEY_GROUPS)
  const blocks = chains.flatMap((chain) => chain.blocks)
  const panes = panesFor(committed, 0, KEY_GROUPS)
  return {
    keys: chains.reduce((sum, chain) => sum + chain.keys, 0),
    bytes: [...blocks, ...panes].reduce((sum, { ref }) => sum + ref.len, 0),
    blocks: blocks.length,
    panes: panes.length,
  }
}
