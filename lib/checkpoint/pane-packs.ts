import type { OperatorUid } from '../model/ids.ts'
import type { Manifest, OperatorState, PaneList, PanePack } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'

type Panes = PaneList['panes']

/** Panes in a pack. A manifest names at most twice as many one by one, so it stays small however long the window. */
const PACK = 64

/** Packs that still hold a pane of `state`. */
export const livePacks = (packs: readonly PanePack[], state: Manifest['state']): PanePack[] =>
  packs.filter(
    ({ operator, from, to, last }) => (listOf(state[operator], from, to)?.panes[0]?.time ?? Infinity) <= last,
  )

const listOf = (state: OperatorState | undefined, from: number, to: number): PaneList | undefined =>
  state?.panes?.find((list) => list.from === from && list.to === to)

/** The manifest with a further pack for every list that has grown long. */
export async function packPanes(
  manifest: Manifest,
  put: (operator: OperatorUid, from: number, panes: Panes) => Promise<BlobRef>,
): Promise<Manifest> {
  const packs = [...(manifest.packs ?? [])]
  for (const [operator, { panes: lists = [] }] of Object.entries(manifest.state)) {
    for (const { from, to, panes } of lists) {
      const loose = panes.slice(looseFrom(panes, packedUntil(packs, operator, from, to)))
      if (loose.length < 2 * PACK) continue
      const run = loose.slice(0, endOfTime(loose, PACK))
      packs.push({ operator, from, to, last: run.at(-1)!.time, ref: await put(operator, from, run) })
    }
  }
  if (packs.length === 0) return manifest
  return { ...manifest, packs }
}

/**
 * The end of the run of panes of one time that holds the last of `count`: after a change of partitions a time has
 * several, and a pack is told from what follows it by time alone.
 */
function endOfTime(panes: Panes, count: number): number {
  let end = count
  while (end < panes.length && panes[end]!.time === panes[count - 1]!.time) end++
  return end
}

const packedUntil = (packs: readonly PanePack[], operator: OperatorUid, from: number, to: number): number =>
  packs
    .filter((pack) => pack.operator === operator && pack.from === from && pack.to === to)
    .reduce((until, { last }) => Math.max(until, last), -Infinity)

/** Index of the first pane after `until`; panes are in order of time. */
function looseFrom(panes: Panes, until: number): number {
  let low = 0
  let high = panes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (panes[middle]!.time <= until) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The form in which a manifest is written: without the panes that its packs hold, but with the time of the oldest one
 * that counts.
 */
export function packed(manifest: Manifest): Manifest {
  const packs = manifest.packs ?? []
  if (packs.length === 0) return manifest
  const state = Object.fromEntries(
    Object.entries(manifest.state).map(([operator, each]) => [
      operator,
      each.panes ? { ...each, panes: each.panes.map((list) => looseList(operator, list, packs)) } : each,
    ]),
  )
  return { ...manifest, state }
}

function looseList(operator: OperatorUid, list: PaneList, packs: readonly PanePack[]): PaneList {
  const from = looseFrom(list.panes, packedUntil(packs, operator, list.from, list.to))
  if (from === 0) return list
  return { ...list, since: list.panes[0]!.time, panes: list.panes.slice(from) }
}

/** The opposite of `packed`. */
export async function unpacked(stored: Manifest, get: (ref: BlobRef) => Promise<Panes>): Promise<Manifest> {
  const state: Record<string, OperatorState> = { ...stored.state }
  for (const [operator, each] of Object.entries(stored.state)) {
    if (!each.panes?.some((list) => list.since !== undefined)) continue
    const panes: PaneList[] = []
    for (const list of each.panes) panes.push(await fullList(operator, list, stored.packs ?? [], get))
    state[operator] = { ...each, panes }
  }
  return { ...stored, state }
}

async function fullList(
  operator: OperatorUid,
  list: PaneList,
  packs: readonly PanePack[],
  get: (ref: BlobRef) => Promise<Panes>,
): Promise<PaneList> {
  const { from, to, since, panes } = list
  if (since === undefined) return list
  const own = packs
    .filter((pack) => pack.operator === operator && pack.from === from && pack.to === to)
    .toSorted((a, b) => a.last - b.last)
  const old: Panes[number][] = []
  for (const pack of own) for (const pane of await get(pack.ref)) if (pane.time >= since) old.push(pane)
  return { from, to, panes: [...old, ...panes] }
}
