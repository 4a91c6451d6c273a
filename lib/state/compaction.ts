import type { OperatorState, StateBlock } from '../model/manifest.ts'
import { basesOf } from '../model/state-chain.ts'

/*
 * When stored state is rewritten, so that a cold start reads little more than what is held.
 *
 * Small state is rewritten whole, as a snapshot, by the batch that finds its chain long. From `compactApiece` keys in
 * a partition on, no batch does that: beside its changes each batch writes all keys of a few key groups, those that
 * have waited longest. A block is dropped from the chain once all groups have been rewritten since.
 *
 *     batch      1            2          3          4          5
 *     changes    (snapshot)   all        all        all        all groups
 *     whole      all groups   0-1        2-3        4-5        0-1, …
 *
 * A batch that changes c of k keys writes 2c of them, or c + k/128 where it changes fewer than that. So a chain has 128
 * blocks at the most, and the changes in it weigh no more than the keys themselves.
 */
const DELTAS_MAX = 8
const BLOCKS_MAX = 128

interface CompactionFacts {
  readonly blocks: readonly StateBlock[]
  readonly from: number
  readonly to: number
  readonly keys: number
  readonly changes: number
  readonly compactApiece: number
  /** At least 0, and roughly right: how many keys a group has. */
  keysIn(group: number): number
}

/** The key groups that the next block holds whole, in order. Pure. */
export function groupsDue({ blocks, from, to, keys, changes, compactApiece, keysIn }: CompactionFacts): number[] {
  const bases = basesOf(blocks, from, to)
  const oldestFirst = Array.from(bases.keys()).toSorted((a, b) => bases[a] - bases[b] || a - b)
  const wanted = Math.max(changes, Math.ceil(keys / BLOCKS_MAX), compactApiece / 16)
  const due: number[] = []
  for (let rows = 0, i = 0; rows < wanted && i < oldestFirst.length; i++) {
    due.push(from + oldestFirst[i])
    rows += keysIn(from + oldestFirst[i])
  }
  return due.toSorted((a, b) => a - b)
}

/** Of small state: whether it is worth a snapshot. */
export function isLong(blocks: readonly StateBlock[]): boolean {
  const deltas = blocks.filter((block) => block.kind === 'delta')
  const [snapshot] = blocks
  const weight = deltas.reduce((sum, block) => sum + block.ref.len, 0)
  return deltas.length >= DELTAS_MAX || (snapshot?.kind === 'snapshot' && weight > snapshot.ref.len)
}

/** So many bytes of an operator may travel in its manifest, which is written with each batch, mostly twice. */
const TRAVELLING_MAX = 2048
/** So few keys are written whole in about the time that a request takes. */
const CHEAP_KEYS_MAX = 2048

/**
 * Of small state: whether what its blocks bring along would cost more with each batch than an object costs once. All
 * partitions of an operator see the same, so that they move in one batch, and one task writes one object.
 */
export function isCrowded(committed: OperatorState | null, keys: number): boolean {
  if (committed === null || keys > CHEAP_KEYS_MAX) return false
  let bytes = 0
  for (const { blocks } of committed.chains)
    for (const { ref } of blocks) if (ref.inline !== undefined) bytes += ref.len
  return bytes > TRAVELLING_MAX
}

/** Numbers in rising order as ranges, the second number of each exclusive. */
export function rangesOf(numbers: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = []
  for (const number of numbers) {
    const last = ranges.at(-1)
    if (last && last[1] === number) last[1] = number + 1
    else ranges.push([number, number + 1])
  }
  return ranges
}
