import { getBlob, putBlob, putUnwritten } from './blobs.ts'
import { decodeManifest, decodePanes } from './check-manifest.ts'
import type { ObjectKeys } from './object-keys.ts'
import { packed, packPanes, unpacked } from './pane-packs.ts'
import type { BlobReader, BlobStore } from '../host/blob-store.ts'
import type { Head } from '../model/head.ts'
import type { Cut, Manifest, OperatorState } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'

/** Stores what `packPanes` returned; where nothing outlives this process, not before somebody reads it. */
export function putManifest(
  blobs: BlobStore,
  keys: ObjectKeys,
  manifest: Manifest,
  inlineMax = MANIFEST_INLINE_MAX,
): Promise<BlobRef> {
  const key = keys.manifest(manifest.batch, manifest.nonce)
  const bytesOf = (): Uint8Array => Buffer.from(JSON.stringify(storedForm(manifest)))
  if (blobs.putUnwritten) return putUnwritten(blobs, key, bytesOf)
  return putBlob(blobs, key, bytesOf(), inlineMax)
}

/** Gives long lists of panes objects of their own, one for each range of key groups; `newId` names those of a batch. */
export async function withPacks(
  blobs: BlobStore,
  keys: ObjectKeys,
  manifest: Manifest,
  newId: () => string,
): Promise<Manifest> {
  if (Object.values(manifest.state).every(({ panes }) => panes === undefined)) return manifest
  const id = newId()
  return packPanes(manifest, (operator, from, panes) =>
    putBlob(blobs, keys.state(operator, manifest.batch, `packs-${from}`, id, 'p'), Buffer.from(JSON.stringify(panes))),
  )
}

/** A manifest of this size rides in the head, unless it is said otherwise: one write for the whole commit. */
export const MANIFEST_INLINE_MAX = 4096

/** Throws what `getBlob` and `decodeManifest` throw. */
export async function readManifest(blobs: BlobReader, ref: BlobRef): Promise<Manifest> {
  const manifest = withPositions(decodeManifest(await getBlob(blobs, ref), ref))
  return unpacked(manifest, async (pack) => decodePanes(await getBlob(blobs, pack), pack))
}

/** Of the last batch that was committed; `null` before the first. Throws what `readManifest` throws. */
export async function committedManifest(blobs: BlobReader, head: Pick<Head, 'manifest'>): Promise<Manifest | null> {
  if (!head.manifest) return null
  return readManifest(blobs, head.manifest)
}

/**
 * The form in which a manifest is written, format 2: without the panes that packs hold, and without the positions of
 * cuts where they are those after the batch. Format 1 had both, and one section of a state block for each key group.
 */
const storedForm = (manifest: Manifest): object => ({
  ...(manifest.packs ? packed(manifest) : manifest),
  format: 2,
  cuts: eachCut(manifest, withoutPosition),
})

/** The opposite, as far as positions go. */
const withPositions = (stored: Manifest): Manifest => ({ ...stored, cuts: eachCut(stored, withPosition) })

function eachCut(
  { cuts, positions }: Manifest,
  change: (cut: Cut, position: Cut['position']) => Cut,
): Manifest['cuts'] {
  return Object.fromEntries(
    Object.entries(cuts).map(([source, cut]) => [source, cut && change(cut, positions[source]!)]),
  )
}

function withoutPosition(cut: Cut, after: Cut['position']): Cut {
  // Mostly it is the very value, and no text is made of it.
  if (cut.position !== after && JSON.stringify(cut.position) !== JSON.stringify(after)) return cut
  const { position: _position, ...others } = cut
  return others as Cut
}

function withPosition(cut: Cut, after: Cut['position']): Cut {
  if (cut.position !== undefined) return cut
  return { ...cut, position: after }
}

/** How many objects of state, kept records and outputs a batch wrote itself, by what its manifest names. */
export function ownObjects({ batch, time, state, retained, outputs }: Manifest): number {
  const states = Object.values(state)
  const lengths = [
    ...states.flatMap(({ chains }) => chains.map(({ blocks }) => blocks.filter((each) => each.batch === batch).length)),
    ...states.flatMap(({ panes = [] }) => panes.map((list) => list.panes.filter((each) => each.time === time).length)),
    ...Object.values(retained).map((kept) => kept.find((each) => each.time === time)?.parts.length ?? 0),
    ...Object.values(outputs).map((parts) => parts.length),
  ]
  return lengths.reduce((sum, length) => sum + length, 0)
}

/** Every object that a manifest keeps alive. */
export function* refsOf(manifest: Manifest): Iterable<BlobRef> {
  yield* shortRefs(manifest)
  for (const state of Object.values(manifest.state))
    for (const list of state.panes ?? []) for (const pane of list.panes) yield pane.ref
}

/** All but the panes, of which a long window has many. */
function* shortRefs(manifest: Manifest): Iterable<BlobRef> {
  if (manifest.facts) yield manifest.facts
  for (const state of Object.values(manifest.state))
    for (const chain of state.chains) for (const block of chain.blocks) yield block.ref
  for (const batches of Object.values(manifest.retained)) for (const batch of batches) yield* batch.parts
  for (const parts of Object.values(manifest.outputs)) for (const part of parts) if (part.ref) yield part.ref
  for (const pack of manifest.packs ?? []) yield pack.ref
  for (const letters of manifest.deadLetters ?? []) yield letters.ref
}

/**
 * What `older` keeps alive and `newer` does not. Panes leave a window at the old end only, so no more of them are
 * looked at.
 */
export function* refsBetween(older: Manifest, newer: Manifest): Iterable<BlobRef> {
  const live = new Set<string>()
  for (const ref of shortRefs(newer)) live.add(ref.key)
  for (const ref of shortRefs(older)) if (!live.has(ref.key)) yield ref
  for (const [operator, state] of Object.entries(older.state)) yield* panesGone(state, newer.state[operator])
}

function* panesGone(older: OperatorState, newer: OperatorState | undefined): Iterable<BlobRef> {
  const oldest = (newer?.panes ?? []).map((list) => list.panes[0]?.time ?? Infinity)
  const since = oldest.reduce((least, time) => Math.min(least, time), Infinity)
  for (const list of older.panes ?? []) {
    for (const pane of list.panes) {
      if (pane.time >= since) break
      yield pane.ref
    }
  }
}
