import type { OperatorState, PaneList, StateChain } from '../model/manifest.ts'
import { nameOfRef } from '../model/refs.ts'
import { blocksAfter } from '../model/state-chain.ts'
import type { StateWrite } from '../model/task.ts'

const overlaps = (chain: { from: number; to: number }, from: number, to: number): boolean =>
  chain.from < to && chain.to > from

export const chainsFor = (committed: OperatorState | null, from: number, to: number): readonly StateChain[] =>
  (committed?.chains ?? []).filter((chain) => overlaps(chain, from, to))

/** After a change of partitions several ranges name the same pane; it is read once. */
export function panesFor(committed: OperatorState | null, from: number, to: number): PaneList['panes'] {
  const lists = (committed?.panes ?? []).filter((list) => overlaps(list, from, to))
  if (lists.length === 1) return lists[0].panes
  const panes = lists.flatMap((list) => list.panes)
  return [...new Map(panes.map((pane) => [nameOfRef(pane.ref), pane])).values()].toSorted((a, b) => a.time - b.time)
}

/** The operator's state after a batch: each written range replaces what it overlaps. Pure. */
export function nextOperatorState(committed: OperatorState | null, writes: readonly StateWrite[]): OperatorState {
  const windows = writes.map((write) => write.window).filter((window) => window !== undefined)
  const version = writes.find((write) => write.version !== undefined)?.version
  const slideTime = windows.find((window) => window.slideTime !== null)?.slideTime ?? committed?.slideTime
  return {
    chains: writes.map((write) => nextChain(committed, write)),
    ...(windows.length > 0 ? { panes: writes.map((write) => nextPanes(committed, write)) } : {}),
    ...(slideTime === undefined ? {} : { slideTime }),
    ...(version === undefined ? {} : { version }),
  }
}

function nextChain(committed: OperatorState | null, { from, to, block, keys }: StateWrite): StateChain {
  const before = chainsFor(committed, from, to).flatMap((chain) => chain.blocks)
  if (!block) return { from, to, keys, blocks: before }
  return { from, to, keys, blocks: blocksAfter(before, block, from, to) }
}

function nextPanes(committed: OperatorState | null, { from, to, window }: StateWrite) {
  const before = panesFor(committed, from, to)
  const first = before.findIndex((pane) => pane.time > window!.keepPanesAfter)
  const kept = first < 0 ? [] : before.slice(first)
  return { from, to, panes: window!.pane ? [...kept, window!.pane] : kept }
}
