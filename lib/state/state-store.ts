import type { BatchNumber, OperatorUid } from '../model/ids.ts'
import type { OperatorState, StateBlock, StateChain } from '../model/manifest.ts'
import { type Block, openBlock } from '../codec/block.ts'
import { groupsOfPartition } from '../keys/key-group.ts'
import { SluiceError } from '../model/errors.ts'
import { type BlobRef, nameOfRef } from '../model/refs.ts'
import { basesOf } from '../model/state-chain.ts'
import type { StateWrite } from '../model/task.ts'
import { chainsFor, nextOperatorState, panesFor } from './chains.ts'
import { COMPACT_APIECE, groupsDue, isCrowded, isLong, rangesOf } from './compaction.ts'
import { checkKeySizes, KEY_BYTES_MAX, type KeyLimits, type LargeKey } from './key-sizes.ts'
import { KeyedState } from './keyed-state.ts'
import { isOlder, migrateState, type StateSchema, versionOf } from './schema.ts'
import { isWithin } from './sections.ts'
import type { Pane, WindowSpec } from './window-spec.ts'
import { decodePairs, WindowState } from './window-state.ts'

/** Which part of which operator's state, as of which manifest. @testing Tests ask for state themselves. */
export interface StateOf {
  readonly operator: OperatorUid
  readonly split: number
  readonly partitions: number
  readonly committed: OperatorState | null
  /** What the program makes of the values; left out: they are read as they were stored. */
  readonly schema?: StateSchema
}

export interface StateBlobs {
  get(ref: BlobRef): Promise<Uint8Array>
  put(operator: OperatorUid, bytes: Uint8Array, suffix: string): Promise<BlobRef>
  /** Hears of keys whose state has grown large. */
  large?(key: LargeKey): void
  /** Hears where state that was stored has come from: the memory of this process, or the store. */
  found?(where: 'warm' | 'cold'): void
}

interface Warm {
  readonly tip: string
  readonly state: KeyedState | WindowState
  /** Of what it was built from, as that is stored. */
  readonly bytes: number
}

/** Bounds of stored state. */
interface StateLimits extends KeyLimits {
  /** Keys in a partition from which on its state is rewritten some key groups at a time. */
  readonly compactApiece: number
}

/**
 * State kept warm in one process between batches. An entry is used only if it was built on exactly the blocks that the
 * manifest names, so it can be cold but never wrong: after a lost race, a failed attempt or a restart the tip differs
 * and the state is read again.
 */
export class StateStore {
  readonly #limits: StateLimits
  /** What was used last is at the end. */
  readonly #warm = new Map<string, Warm>()
  #bytes = 0
  #bytesMax = Infinity

  constructor(limits: StateLimits = { bytesMax: KEY_BYTES_MAX, compactApiece: COMPACT_APIECE }) {
    this.#limits = limits
  }

  /**
   * No more is kept warm than is so many bytes where it is stored: what was not used longest goes. Said before anything
   * is kept.
   */
  keepAtMost(bytes: number): void {
    this.#bytesMax = bytes
  }

  async keyed(of: StateOf, blobs: StateBlobs): Promise<KeyedState> {
    return (this.#found(of, this.#take(of), blobs) as KeyedState | null) ?? readKeyed(of, blobs)
  }

  async window(of: StateOf, spec: WindowSpec, time: number, blobs: StateBlobs): Promise<WindowState> {
    const warm = this.#take(of) as WindowState | null
    // A batch without a pane leaves the tip as it was: an attempt at the same batch must not take it in twice.
    const usable = warm && warm.absorbedAt < time ? warm : null
    return (this.#found(of, usable, blobs) as WindowState | null) ?? readWindow(of, spec, blobs)
  }

  #found(of: StateOf, warm: KeyedState | WindowState | null, blobs: StateBlobs): KeyedState | WindowState | null {
    if (blobs.found && (warm || storedBytes(of) > 0)) blobs.found(warm ? 'warm' : 'cold')
    return warm
  }

  /** Out of the store while a task works on it: an attempt that fails leaves nothing behind. */
  #take(of: StateOf): KeyedState | WindowState | null {
    const name = nameOf(of)
    const warm = this.#warm.get(name)
    this.#forget(name)
    return warm && warm.tip === tipOf(of) ? warm.state : null
  }

  async saveKeyed(of: StateOf, state: KeyedState, batch: BatchNumber, blobs: StateBlobs): Promise<StateWrite> {
    const { from, to } = groupsOfPartition(of.split, of.partitions)
    const before = chainsFor(of.committed, from, to)
    const sameRange = before.length === 1 && before[0].from === from && before[0].to === to
    const blocks = before.flatMap((chain) => chain.blocks)
    const block = await this.#nextBlock(of, state, batch, blocks, sameRange || before.length === 0, blobs)
    state.saved()
    const write: StateWrite = {
      operator: of.operator,
      from,
      to,
      base: blocks.map((each) => nameOfRef(each.ref)),
      block,
      keys: state.keys,
      ...versionField(of),
    }
    this.#keep(of, state, [write])
    return write
  }

  async #nextBlock(
    of: StateOf,
    state: KeyedState,
    batch: BatchNumber,
    blocks: readonly StateBlock[],
    sameRange: boolean,
    blobs: StateBlobs,
  ): Promise<StateBlock | null> {
    const migrated = blocks.length > 0 && isOlder(of.committed, of.schema)
    if (!state.hasChanges && sameRange && !migrated) return null
    const anew = !sameRange || migrated || blocks.length === 0
    const groups = anew ? 'all' : groupsToRewrite(of, state, blocks, this.#limits.compactApiece)
    if (groups === 'all') {
      const ref = await this.#put(of, state.encodeSnapshot(), 's', blobs)
      return { kind: 'snapshot', batch, ref, keys: state.keys }
    }
    const rows = groups.reduce((sum, group) => sum + state.keysIn(group), state.changes)
    const ref = await this.#put(of, state.encodeDelta(groups), 'd', blobs)
    return { kind: 'delta', batch, ref, keys: rows, ...(groups.length > 0 ? { whole: rangesOf(groups) } : {}) }
  }

  async saveWindow(
    of: StateOf,
    spec: WindowSpec,
    state: WindowState,
    pane: Pane | null,
    time: number,
    batch: BatchNumber,
    blobs: StateBlobs,
  ): Promise<StateWrite> {
    const { from, to } = groupsOfPartition(of.split, of.partitions)
    const blocks = chainsFor(of.committed, from, to).flatMap((chain) => chain.blocks)
    const paneRef = pane ? { time, ref: await this.#put(of, state.encodePane(pane), 'p', blobs) } : null
    const rescaled = of.committed !== null && of.committed.chains.length !== of.partitions
    const snapshots = spec.inverse !== null && (spec.snapshots || rescaled)
    const block: StateBlock | null = snapshots
      ? { kind: 'snapshot', batch, ref: await this.#put(of, state.encodeResult(), 's', blobs), keys: state.keys }
      : null
    const resultTime = snapshots ? state.slidAt : (of.committed?.slideTime ?? null)
    const keepPanesAfter = spec.inverse ? (resultTime ?? spec.zeroTime) - spec.lengthMs : time - spec.lengthMs
    const write: StateWrite = {
      operator: of.operator,
      from,
      to,
      base: blocks.map((each) => nameOfRef(each.ref)),
      block,
      keys: state.keys,
      window: { pane: paneRef, slideTime: snapshots ? state.slidAt : null, keepPanesAfter },
    }
    this.#keep(of, state, [write])
    return write
  }

  #put({ operator }: StateOf, bytes: Uint8Array, suffix: string, blobs: StateBlobs): Promise<BlobRef> {
    checkKeySizes(bytes, operator, this.#limits, (key) => blobs.large?.(key))
    return blobs.put(operator, bytes, suffix)
  }

  #keep(of: StateOf, state: KeyedState | WindowState, writes: readonly StateWrite[]): void {
    const after = { ...of, committed: nextOperatorState(of.committed, writes) }
    const bytes = this.#bytesMax === Infinity ? 0 : storedBytes(after)
    this.#forget(nameOf(of))
    this.#warm.set(nameOf(of), { tip: tipOf(after), state, bytes })
    this.#bytes += bytes
    this.#shrink()
  }

  #forget(name: string): void {
    this.#bytes -= this.#warm.get(name)?.bytes ?? 0
    this.#warm.delete(name)
  }

  #shrink(): void {
    for (const name of this.#warm.keys()) {
      if (this.#bytes <= this.#bytesMax) return
      this.#forget(name)
    }
  }

  clear(): void {
    this.#warm.clear()
    this.#bytes = 0
  }
}

const versionField = ({ schema }: StateOf): { version?: number } =>
  schema && schema.version > 1 ? { version: schema.version } : {}

const nameOf = (of: StateOf): string => `${of.operator}/${of.split}/${of.partitions}`

function tipOf({ committed, split, partitions }: StateOf): string {
  const { from, to } = groupsOfPartition(split, partitions)
  const chains = chainsFor(committed, from, to).map(
    (chain) => `${chain.from}-${chain.to}:${chain.blocks.map((block) => nameOfRef(block.ref)).join(',')}`,
  )
  // Panes enter at one end and leave at the other: the newest, the oldest and their number name them all.
  const panes = panesFor(committed, from, to)
  return [
    ...chains,
    panes.length,
    panes.length > 0 ? nameOfRef(panes[0].ref) : '',
    panes.length > 0 ? nameOfRef(panes.at(-1)!.ref) : '',
    committed?.slideTime ?? '',
  ].join('|')
}

/** How many bytes of the store it takes to read it. */
function storedBytes({ committed, split, partitions }: StateOf): number {
  const { from, to } = groupsOfPartition(split, partitions)
  let bytes = 0
  for (const { blocks } of chainsFor(committed, from, to)) for (const { ref } of blocks) bytes += ref.len
  for (const { ref } of panesFor(committed, from, to)) bytes += ref.len
  return bytes
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

/** Hash partitions own whole key groups, so after a rescale each takes its groups out of the old blocks. */
function wantedGroups({ split, partitions }: StateOf): (group: number) => boolean {
  const { from, to } = groupsOfPartition(split, partitions)
  return (group) => group >= from && group < to
}

async function readKeyed(of: StateOf, blobs: StateBlobs): Promise<KeyedState> {
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

async function readWindow(of: StateOf, spec: WindowSpec, blobs: StateBlobs): Promise<WindowState> {
  const state = new WindowState(spec)
  const { from, to } = groupsOfPartition(of.split, of.partitions)
  const wanted = wantedGroups(of)
  const panes = new Map<number, [unknown, unknown][]>()
  for (const { time: paneTime, ref } of panesFor(of.committed, from, to).toSorted((a, b) => a.time - b.time)) {
    const pairs = decodePairs(await blobs.get(ref), ref.key, wanted)
    panes.set(paneTime, [...(panes.get(paneTime) ?? []), ...pairs])
  }
  const result: [unknown, unknown][] = []
  for (const chain of chainsFor(of.committed, from, to)) {
    for (const { ref } of chain.blocks)
      for (const pair of decodePairs(await blobs.get(ref), ref.key, wanted)) result.push(pair)
  }
  const resultTime = of.committed?.slideTime ?? null
  state.restore({
    panes: [...panes].map(([at, pairs]) => ({ time: at, pairs })),
    result: resultTime === null ? null : result,
    resultTime,
  })
  return state
}
