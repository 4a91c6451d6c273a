import type { BatchNumber } from '../model/ids.ts'
import { ownObjects } from '../checkpoint/manifest.ts'
import { parseKey } from '../checkpoint/object-keys.ts'
import { selfCheck } from '../checkpoint/self-check.ts'
import { withChange } from '../checkpoint/state-change.ts'
import type { StoredPlan } from '../checkpoint/stored-plan.ts'
import type { Head } from '../model/head.ts'
import type { Cut, Manifest, OperatorState, StateChain } from '../model/manifest.ts'
import { blocksAfter } from '../model/state-chain.ts'
import type { BlobRef } from '../model/refs.ts'
import { chainsFor, panesFor } from '../state/chains.ts'

/** A manifest names everything that its batch wrote. */
export function faultOfOwn(manifest: Manifest): string | null {
  const { batch, wrote } = manifest
  const named = ownObjects(manifest)
  return wrote === undefined || wrote === named
    ? null
    : `batch ${batch} wrote ${wrote} objects, and its manifest names ${named} of them`
}

/** What was committed before: its nonce is known by the name of its manifest, also when that was swept. */
export interface Before {
  readonly nonce: string | null
  readonly manifest: Manifest | null
}

/** What is wrong with a commit whose manifest is at hand, as a clause, or null. */
export function faultOfCommit(head: Head, before: Before, manifest: Manifest): string | null {
  const { batch, tick, time, nonce } = manifest
  if (batch !== head.committed || tick !== head.tick)
    return `the head says batch ${head.committed} at tick ${head.tick}, its manifest batch ${batch} at tick ${tick}`
  if (nonce !== nonceOf(head.manifest!)) return `the manifest of batch ${batch} says that its name is ${nonce}`
  if (time !== head.zeroTime + tick * head.intervalMs)
    return `batch ${batch} has the time ${time}, which is not that of tick ${tick}`
  if (manifest.graph !== head.graph)
    return `batch ${batch} was planned with the graph ${manifest.graph}, but the app had ${head.graph}`
  if (manifest.base !== before.nonce)
    return `the manifest of batch ${batch} builds on ${manifest.base}, but ${before.nonce} was committed before it`
  const other = provenanceFault(manifest)
  if (other) return other
  // Where the manifest before is unknown, only what follows from this one alone can be checked.
  if (!before.manifest && batch !== 1) return cutsFault(manifest)
  const base = before.manifest && manifest.change ? withChange(before.manifest, manifest.change) : before.manifest
  return (
    selfCheck(before.manifest, manifest) ??
    cutsFault(manifest) ??
    positionsFault(base, manifest) ??
    stateFault(base, manifest) ??
    retainedFault(base, manifest)
  )
}

/**
 * A batch whose plan was written down first must be that plan: its outputs may have been shown before anybody knew that
 * it would be committed.
 */
export function faultOfPlan(
  plan: Pick<StoredPlan, 'batch' | 'tick' | 'time' | 'cuts' | 'positions' | 'ends'>,
  manifest: Manifest,
  hidden = false,
): string | null {
  const other = (field: string): string => `batch ${manifest.batch} has other ${field} than its plan`
  for (const field of ['batch', 'tick', 'time'] as const) if (plan[field] !== manifest[field]) return other(field)
  // What was hidden rests on nothing; and where reading finds the ends, the plan has the splits as they were before.
  if (hidden) return null
  const { cuts, positions, ends = {} } = plan
  for (const source of Object.keys(cuts))
    if (!ends[source] && !same(byName(cuts[source]), byName(manifest.cuts[source]))) return other('cuts')
  for (const source of Object.keys(positions))
    if (!ends[source] && !same(positions[source], manifest.positions[source])) return other('positions')
  return null
}

/** A cut whose fields have one order: a manifest stores it without its position, which comes last when it is read. */
const byName = (cut: Cut | null | undefined): unknown =>
  cut && Object.entries(cut).toSorted(([a], [b]) => (a < b ? -1 : 1))

/** Names of manifests are the nonce of their writer. */
export const nonceOf = ({ key }: BlobRef): string | null => parseKey(key)?.writer ?? null

export function nameFault({ app, inc, committed, manifest }: Head): string | null {
  if (!manifest) return `batch ${committed} was committed without a manifest`
  const name = parseKey(manifest.key)
  const isOfBatch = name?.app === app && name.inc === inc && name.kind === 'manifest' && name.batch === committed
  return isOfBatch
    ? null
    : `batch ${committed} was committed with the manifest ${manifest.key}, which is not one of that batch`
}

/**
 * What a batch wrote bears its number in its key: an object of another batch in its place is one that was exchanged.
 */
function provenanceFault({ batch, time, state, retained, outputs }: Manifest): string | null {
  const isOf = (ref: BlobRef | null, written: number): boolean => {
    const key = ref && parseKey(ref.key)
    return !key || key.batch === null || key.batch === written
  }
  for (const [operator, { chains, panes = [] }] of Object.entries(state)) {
    for (const block of chains.flatMap((chain) => chain.blocks))
      if (!isOf(block.ref, block.batch))
        return `state of ${operator}: ${block.ref.key} stands for what batch ${block.batch} wrote`
    for (const pane of panes.flatMap((list) => list.panes))
      if (pane.time === time && !isOf(pane.ref, batch))
        return `state of ${operator}: ${pane.ref.key} stands for the pane of batch ${batch}`
  }
  for (const [stream, batches] of Object.entries(retained)) {
    const other = batches.find((each) => each.time === time)?.parts.find((part) => !isOf(part, batch))
    if (other) return `the kept records of "${stream}" of batch ${batch} are those in ${other.key}`
  }
  for (const [output, parts] of Object.entries(outputs)) {
    const other = parts.find(({ ref }) => !isOf(ref, batch))
    if (other) return `output "${output}" of batch ${batch} would show ${other.ref!.key}`
  }
  return null
}

function cutsFault({ batch, cuts, records }: Manifest): string | null {
  for (const [source, count] of Object.entries(records)) {
    const cut = cuts[source]
    if (!cut && count > 0) return `batch ${batch} counts ${count} records of "${source}", of which it has no cut`
    if (cut && cut.records !== null && count > cut.records)
      return `batch ${batch} counts ${count} records of "${source}", but its cut holds ${cut.records}`
  }
  return null
}

/** Where a source had something, the position is that of its cut; elsewhere it is what it was. */
function positionsFault(base: Manifest | null, { batch, cuts, positions }: Manifest): string | null {
  const before = base?.positions ?? {}
  for (const source of new Set([...Object.keys(before), ...Object.keys(positions), ...Object.keys(cuts)])) {
    const expected = cuts[source] ? cuts[source].position : before[source]
    if (!same(positions[source], expected))
      return `the position of "${source}" after batch ${batch} is not that of its cut`
  }
  return null
}

/** State moves by one block per range: on top of what was there, or in its place. */
function stateFault(base: Manifest | null, { batch, time, state }: Manifest): string | null {
  for (const [operator, { chains, panes }] of Object.entries(state)) {
    const before = base?.state[operator] ?? null
    const chain = chains.find((each) => !follows(each, before, batch))
    if (chain)
      return (
        `state of ${operator}, key groups ${chain.from} to ${chain.to - 1}: its blocks do not follow from ` +
        `those of batch ${batch - 1}`
      )
    for (const list of panes ?? []) {
      const kept = list.panes.filter((pane) => pane.time !== time)
      if (!isEndOf(kept, panesFor(before, list.from, list.to)))
        return (
          `state of ${operator}, key groups ${list.from} to ${list.to - 1}: its panes do not follow from those ` +
          `of batch ${batch - 1}`
        )
    }
  }
  return null
}

function follows({ from, to, blocks }: StateChain, before: OperatorState | null, batch: BatchNumber): boolean {
  const known = chainsFor(before, from, to).flatMap((chain) => chain.blocks)
  if (same(blocks, known)) return true
  const last = blocks.at(-1)
  if (last?.batch !== batch) return false
  return same(blocks, blocksAfter(known, last, from, to))
}

function retainedFault(base: Manifest | null, { batch, time, retained }: Manifest): string | null {
  for (const [stream, batches] of Object.entries(retained)) {
    const kept = batches.filter((each) => each.time !== time)
    if (!isEndOf(kept, base?.retained[stream] ?? []))
      return `the kept records of "${stream}" do not follow from those of batch ${batch - 1}`
  }
  return null
}

const isEndOf = (end: readonly unknown[], all: readonly unknown[]): boolean =>
  end.length <= all.length && same(end, all.slice(all.length - end.length))
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Finds a batch that reads again what an earlier one has read, although its source had moved on in between. */
export class Repeats {
  readonly #seen = new Map<string, number>()

  /** Is told every batch in order. */
  faultOf({ batch, cuts }: Manifest, before: Manifest | null): string | null {
    for (const [source, cut] of Object.entries(cuts)) {
      if (!cut || cut.splits.length === 0) continue
      const name = JSON.stringify([source, cut.position, cut.splits])
      const earlier = this.#seen.get(name)
      if (earlier !== undefined) return `batch ${batch} reads from "${source}" what batch ${earlier} has read`
      // A source that stays where it is may have the same records for every batch.
      if (before && !same(cut.position, before.positions[source])) this.#seen.set(name, batch)
    }
    return null
  }

  clear(): void {
    this.#seen.clear()
  }
}
