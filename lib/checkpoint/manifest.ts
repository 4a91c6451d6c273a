import { getBlob, putBlob } from './blobs.ts'
import type { Names } from './names.ts'
import type { BlobStore } from '../host/blob-store.ts'
import { SluiceError } from '../model/errors.ts'
import type { Manifest } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'

export const putManifest = (blobs: BlobStore, names: Names, manifest: Manifest): Promise<BlobRef> =>
  putBlob(blobs, names.manifest(manifest.batch, manifest.nonce), Buffer.from(JSON.stringify(manifest)), MANIFEST_INLINE_MAX)

/** A manifest of this size rides in the head: one write for the whole commit. */
const MANIFEST_INLINE_MAX = 4096

export async function readManifest(blobs: BlobStore, ref: BlobRef): Promise<Manifest> {
  const manifest = JSON.parse(Buffer.from(await getBlob(blobs, ref)).toString('utf8')) as Manifest
  if (manifest.format === 1) return manifest
  throw new SluiceError('E_MANIFEST_FORMAT', `Manifest ${ref.key} has format ${String(manifest.format)}; this build reads format 1.`, {
    where: { detail: ref.key }, did: 'nothing was written', next: ['run the version that wrote it'],
  })
}

/** Every object that a manifest keeps alive. */
export function* refsOf(manifest: Manifest): Iterable<BlobRef> {
  for (const state of Object.values(manifest.state)) {
    for (const chain of state.chains) for (const block of chain.blocks) yield block.ref
    for (const list of state.panes ?? []) for (const pane of list.panes) yield pane.ref
  }
  for (const batches of Object.values(manifest.retained)) for (const batch of batches) yield* batch.parts
  for (const parts of Object.values(manifest.outputs)) for (const part of parts) if (part.ref) yield part.ref
}
