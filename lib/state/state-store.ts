import type { BatchNumber, OperatorUid } from '../model/ids.ts'
import type { OperatorState, StateBlock } from '../model/manifest.ts'
import { groupsOfPartition } from '../keys/key-group.ts'
import type { BlobRef } from '../model/refs.ts'
import { basesOf } from '../model/state-chain.ts'
import type { StateWrite } from '../model/task.ts'
import { chainsFor, nextOperatorState, panesFor } from './chains.ts'
import { COMPACT_APIECE, groupsDue, isLong, rangesOf } from './compaction.ts'
import { checkKeySizes, KEY_BYTES_MAX, type KeyLimits, type LargeKey } from './key-sizes.ts'
import { KeyedState } from './keyed-state.ts'
import { isOlder, migrateState, type StateSchema, versionOf } from './schema.ts'
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
  readonly #warm = new Map<string, { readonly tip: string; readonly state: KeyedState | WindowState }>()

  constructor(limits: StateLimits = { bytesMax: KEY_BYTES_MAX, compactApiece: COMPACT_APIECE }) {
    this.#limits = limits
  }

  async keyed(of: StateOf, blobs: StateBlobs): Promise<KeyedState> {
    return (this.#take(of) as KeyedState | null) ?? readKeyed(of, blobs)
  }

  async window(of: StateOf, spec: WindowSpec, time: number, blobs: StateBlobs): Promise<WindowState> {
    const warm = this.#take(of) as WindowState | null
    // A batch without a pane leaves the tip as it was: an attempt at the same batch must not take it in twice.
    return warm && warm.absorbedAt < time ? warm : readWindow(of, spec, blobs)
  }

  /** Out of the store while a task works on it: an attempt that fails leaves nothing behind. */
  #take(of: StateOf): KeyedState | WindowState | null {
    const name = nameOf(of)
    const warm = this.#warm.get(name)
    this.#warm.delete(name)
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
      base: blocks.map((each) => each.ref.key),
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
      base: blocks.map((each) => each.ref.key),
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
    this.#warm.set(nameOf(of), { tip: tipAfter(of, writes), state })
  }

  clear(): void {
    this.#warm.clear()
  }
}

const versionField = ({ schema }: StateOf): { version?: number } =>
  schema && schema.version > 1 ? { version: schema.version } : {}

const nameOf = (of: StateOf): string => `${of.operator}/${of.split}/${of.partitions}`

function tipOf({ committed, split, partitions }: StateOf): string {
  const { from, to } = groupsOfPartition(split, partitions)
  const chains = chainsFor(committed, from, to).map(
    (chain) => `${chain.from}-${chain.to}:${chain.blocks.map((block) => block.ref.key).join(',')}`,
  )
  // Panes enter at one end and leave at the other: the newest, the oldest and their number name them all.
  const panes = panesFor(committed, from, to)
  return [
    ...chains,
    panes.length,
    panes[0]?.ref.key ?? '',
    panes.at(-1)?.ref.key ?? '',
    committed?.slideTime ?? '',
  ].join('|')
}

function tipAfter(of: StateOf, writes: readonly StateWrite[]): string {
  return tipOf({ ...of, committed: nextOperatorState(of.committed, writes) })
}

function groupsToRewrite(
  of: StateOf,
  state: KeyedState,
  blocks: readonly StateBlock[],
  compactApiece: number,
): readonly number[] | 'all' {
  if (state.keys < compactApiece) return isLong(blocks) ? 'all' : []
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
      state.apply(await blobs.get(block.ref), block.ref.key, wanted)
    }
  }
  if (isOlder(of.committed, of.schema)) migrateState(of.operator, state, versionOf(of.committed), of.schema)
  return state
}

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
