import type { BatchNumber } from '../model/ids.ts'
import type { StateBlock } from '../model/manifest.ts'
import { groupsOfPartition } from '../keys/key-group.ts'
import { loadedLater, withPart } from '../model/loaded-later.ts'
import { type BlobRef, nameOfRef } from '../model/refs.ts'
import type { StateWrite } from '../model/task.ts'
import { chainsFor, nextOperatorState, panesFor } from './chains.ts'
import type { KeyedState } from './keyed-state.ts'
import { type StateLimits, USUAL_LIMITS } from './limits.ts'
import type { StateBlobs, StateOf } from './state-of.ts'
import type { Pane, WindowSpec } from './window-spec.ts'
import type { WindowState } from './window-state.ts'

/** Many programs keep no state, most of the others no windows; and the state of a key is seldom large. */
const storedKeyed = loadedLater(() => import('./stored-keyed.ts'))
const storedWindow = loadedLater(() => import('./stored-window.ts'))
const keySizes = loadedLater(() => import('./key-sizes.ts'))

interface Warm {
  readonly tip: string
  readonly state: KeyedState | WindowState
  /** Of what it was built from, as that is stored. */
  readonly bytes: number
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

  constructor(limits: StateLimits = USUAL_LIMITS) {
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
    const warm = this.#found(of, this.#take(of), blobs) as KeyedState | null
    return warm ?? (await storedKeyed()).readKeyed(of, blobs)
  }

  async window(of: StateOf, spec: WindowSpec, time: number, blobs: StateBlobs): Promise<WindowState> {
    const warm = this.#take(of) as WindowState | null
    // A batch without a pane leaves the tip as it was: an attempt at the same batch must not take it in twice.
    const usable = warm && warm.absorbedAt < time ? warm : null
    const found = this.#found(of, usable, blobs) as WindowState | null
    return found ?? (await storedWindow()).readWindow(of, spec, blobs)
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
    const next = {
      of,
      state,
      batch,
      blocks,
      sameRange: sameRange || before.length === 0,
      compactApiece: this.#limits.compactApiece,
      put: (bytes: Uint8Array, suffix: string) => this.#put(of, bytes, suffix, blobs),
    }
    const block = await withPart(storedKeyed(), ({ nextBlock }) => nextBlock(next))
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

  #put(of: StateOf, bytes: Uint8Array, suffix: string, blobs: StateBlobs): Promise<BlobRef> {
    if (bytes.length > this.#limits.bytesMax / 2) return this.#putLarge(of, bytes, suffix, blobs)
    return blobs.put(of.operator, bytes, suffix)
  }

  /** A block that may hold a large key. */
  async #putLarge({ operator }: StateOf, bytes: Uint8Array, suffix: string, blobs: StateBlobs): Promise<BlobRef> {
    const { checkKeySizes } = await keySizes()
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
