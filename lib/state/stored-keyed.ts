import { type Block, openBlock } from '../codec/block.ts'
import { groupsOfPartition } from '../keys/key-group.ts'
import { SluiceError } from '../model/errors.ts'
import type { BatchNumber } from '../model/ids.ts'
import type { StateBlock, StateChain } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'
import { basesOf } from '../model/state-chain.ts'
import { chainsFor } from './chains.ts'
import { groupsDue, isCrowded, isLong, rangesOf } from './compaction.ts'
import { KeyedState } from './keyed-state.ts'
import { isOlder, migrateState, versionOf } from './schema.ts'
import { isWithin } from './sections.ts'
import { type StateBlobs, type StateOf, wantedGroups } from './state-of.ts'

/** State as its chain of blocks has it, brought to the version of the program. */
export async function readKeyed(of: StateOf, blobs: StateBlobs): Promise<KeyedState> {
  const state = new KeyedState()
  const { from, to } = groupsOfPartition(of.split, of.partitions)
  const own = wantedGroups(of)
  for (const chain of chainsFor(of.committed, from, to)) {
    const bases = basesOf(chain.blocks, chain.from, chain.to)
    for (const [index, block] of chain.blocks.entries()) {
      // Behind the block that holds all of a group, older ones have nothing to say about it.
      const wanted = (group: number): boolean => own(group) && index >= bases[group - chain.from]
      state.applyBlock(checkedBlock(await blobs.get(block.ref), block, chain), wanted)
    }
  }
  if (isOlder(of.committed, of.schema)) migrateState(of.operator, state, versionOf(of.committed), of.schema)
  return state
}

/** A block that is sound in itself may still be that of another partition, or of another count. */
function checkedBlock(bytes: Uint8Array, { ref: { key }, kind, keys }: StateBlock, { from, to }: StateChain): Block {
  const block = openBlock(bytes, key)
  if (!isWithin(block, from, to)) throw otherBlock(key, `keys that are not of its key groups, ${from} to ${to - 1}`)
  const rows = block.entries.reduce((sum, { count }) => sum + count, 0)
  if (kind === 'snapshot' && rows !== keys) throw otherBlock(key, `${rows} keys, the manifest says ${keys}`)
  return block
}

const otherBlock = (key: string, holds: string): SluiceError =>
  new SluiceError('E_BLOB_CORRUPT', `${key} holds ${holds}.`, {
    where: { object: key, detail: key },
    did: 'the object was not used',
    next: ['restore the whole directory from a backup', 'sluice verify <dir>'],
  })

/** What the block behind those of the chain is made of. */
interface NextBlock {
  readonly of: StateOf
  readonly state: KeyedState
  readonly batch: BatchNumber
  readonly blocks: readonly StateBlock[]
  /** The chain is of exactly the key groups that the partition has now. */
  readonly sameRange: boolean
  readonly compactApiece: number
  put(bytes: Uint8Array, suffix: string): Promise<BlobRef>
}

/** The block that a batch adds to a chain; `null`: nothing has changed. */
export async function nextBlock(next: NextBlock): Promise<StateBlock | null> {
  const { of, state, batch, blocks, sameRange, compactApiece, put } = next
  const migrated = blocks.length > 0 && isOlder(of.committed, of.schema)
  if (!state.hasChanges && sameRange && !migrated) return null
  const anew = !sameRange || migrated || blocks.length === 0
  const groups = anew ? 'all' : groupsToRewrite(of, state, blocks, compactApiece)
  if (groups === 'all')
    return { kind: 'snapshot', batch, ref: await put(state.encodeSnapshot(), 's'), keys: state.keys }
  const rows = groups.reduce((sum, group) => sum + state.keysIn(group), state.changes)
  const ref = await put(state.encodeDelta(groups), 'd')
  return { kind: 'delta', batch, ref, keys: rows, ...(groups.length > 0 ? { whole: rangesOf(groups) } : {}) }
}

function groupsToRewrite(
  of: StateOf,
  state: KeyedState,
  blocks: readonly StateBlock[],
  compactApiece: number,
): readonly number[] | 'all' {
  // Few keys of which most have changed are as well written whole.
  if (state.keys < compactApiece)
    return isLong(blocks) || isCrowded(of.committed, state.keys) || state.changes * 2 >= state.keys ? 'all' : []
  const { from, to } = groupsOfPartition(of.split, of.partitions)
  return groupsDue({
    blocks,
    from,
    to,
    keys: state.keys,
    changes: state.changes,
    compactApiece,
    keysIn: (group) => state.keysIn(group),
  })
}
