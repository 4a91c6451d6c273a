import { readManifest, refsOf } from '../../checkpoint/manifest.ts'
import type { ObjectKind } from '../../checkpoint/object-keys.ts'
import { decodeSeals } from '../../checkpoint/stored-seals.ts'
import { getBlob } from '../../checkpoint/blobs.ts'
import type { BlobReader } from '../../host/blob-store.ts'
import type { Head, OwedOutput } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import { keysOfSeals } from '../batch/handover.ts'

/** Keys of everything that the head leads to, by way of `base`, its last committed manifest. */
export async function liveObjects(
  { manifest, plan, owed, letters = [] }: Head,
  base: Manifest | null,
  blobs: BlobReader,
  onOwed: (owed: OwedOutput, content: Manifest) => void = () => {},
): Promise<Set<string>> {
  const live = new Set<string>()
  for (const ref of [manifest, plan?.content, plan?.seals]) if (ref) live.add(ref.key)
  for (const { ref } of letters) live.add(ref.key)
  if (base) for (const ref of refsOf(base)) live.add(ref.key)
  if (plan?.seals)
    for (const key of keysOfSeals(decodeSeals(await getBlob(blobs, plan.seals), plan.seals))) live.add(key)
  for (const each of owed) {
    const content = await readManifest(blobs, each.manifest)
    live.add(each.manifest.key)
    for (const ref of refsOf(content)) live.add(ref.key)
    onOwed(each, content)
  }
  return live
}

/** What people have decided is done with by whoever does it, and sources sweep what they were given room for. */
export const isSwept = (kind: ObjectKind): boolean =>
  !['dead-letter-command', 'output-command', 'received'].includes(kind)
