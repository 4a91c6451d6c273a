import type { StateBlock, StateChain } from './manifest.ts'

/**
 * For each key group from `from` to `to`: the index of the newest block that holds all its keys, and on which those
 * behind it build; -1 where there is none. A snapshot holds all groups of its chain.
 *
 *     block   0 snapshot   1 delta   2 delta, whole [0, 2)   3 delta, whole [2, 4)   4 delta
 *     group 0                        ^                                               group 1 the same
 *     group 2                                                ^                       group 3 the same
 */
export function basesOf(blocks: readonly StateBlock[], from: number, to: number): Int32Array {
  const bases = new Int32Array(to - from).fill(-1)
  for (const [index, block] of blocks.entries()) {
    const ranges = block.kind === 'snapshot' ? [[from, to] as const] : (block.whole ?? [])
    for (const [first, end] of ranges) bases.fill(index, Math.max(first - from, 0), Math.max(end - from, 0))
  }
  return bases
}

/**
 * The blocks of a range after one more was written, oldest first: without those that hold nothing of any group which is
 * not in a later one. Pure.
 */
export function blocksAfter(before: readonly StateBlock[], block: StateBlock, from: number, to: number): StateBlock[] {
  if (block.kind === 'snapshot') return [block]
  const blocks = [...before, block]
  const oldest = basesOf(blocks, from, to).reduce((least, base) => Math.min(least, base), blocks.length)
  return oldest > 0 ? blocks.slice(oldest) : blocks
}

/** What is wrong with a chain as a clause, or null: every group must have a block that holds all its keys. */
export function chainFault({ from, to, blocks }: StateChain): string | null {
  if (blocks.length === 0) return null
  if (blocks.some((block, i) => block.kind === 'snapshot' && i > 0)) return 'a snapshot lies on top of other blocks'
  const group = basesOf(blocks, from, to).indexOf(-1)
  return group < 0 ? null : `no block holds all keys of key group ${from + group}`
}
