import { groupsOfPartition } from '../keys/key-group.ts'
import { chainsFor, panesFor } from './chains.ts'
import { type StateBlobs, type StateOf, wantedGroups } from './state-of.ts'
import type { WindowSpec } from './window-spec.ts'
import { decodePairs, WindowState } from './window-state.ts'

/** A window as its panes have it and, in the inverse form, the last snapshot of its result. */
export async function readWindow(of: StateOf, spec: WindowSpec, blobs: StateBlobs): Promise<WindowState> {
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
