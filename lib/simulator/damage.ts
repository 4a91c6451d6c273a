import { crc32 } from 'node:zlib'
import { getBlob } from '../checkpoint/blobs.ts'
import { refsOf } from '../checkpoint/manifest.ts'
import type { Manifest } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'
import type { WatchedStores } from './stores.ts'

/** What is damaged: an object of state, or one that travels inside its reference. */
export type Damaged = 'object' | 'inline'

/**
 * Changes one bit of what the last manifest keeps, as a disk may: a word that stands in it becomes another one.
 * `false`: there is nothing of the kind.
 */
export async function damage(stores: WatchedStores, what: Damaged): Promise<boolean> {
  const { manifest } = stores.current!
  const stored = JSON.parse(Buffer.from(await getBlob(stores.objects, manifest!)).toString()) as Manifest
  for (const ref of refsOf(stored)) {
    if ((ref.inline === undefined) !== (what === 'object')) continue
    const bytes =
      ref.inline === undefined ? Buffer.from(await stores.objects.get(ref.key)) : Buffer.from(ref.inline, 'base64')
    const start = ref.at ?? 0
    const at = bytes.indexOf(WORD, start)
    if (at < 0 || at >= start + ref.len || !isOfState(stored, ref)) continue
    bytes[at] ^= 1
    if (ref.inline === undefined) await replaced(stores, ref.key, bytes)
    else await reworded(stores, manifest!, ref.inline, bytes.toString('base64'))
    return true
  }
  return false
}

const WORD = 'word-'

const isOfState = ({ state }: Manifest, { key }: BlobRef): boolean =>
  Object.values(state).some(({ chains }) => chains.some(({ blocks }) => blocks.some(({ ref }) => ref.key === key)))

async function replaced({ objects }: WatchedStores, key: string, bytes: Uint8Array): Promise<void> {
  await objects.delete(key)
  await objects.putNew(key, bytes)
}

/** A manifest with other text, and the reference that fits it. */
async function reworded(stores: WatchedStores, ref: BlobRef, from: string, to: string): Promise<void> {
  const bytes = Buffer.from(
    Buffer.from(await getBlob(stores.objects, ref))
      .toString()
      .replace(from, to),
  )
  const fitting = { key: ref.key, len: bytes.length, crc: crc32(bytes) }
  if (ref.inline === undefined) await replaced(stores, ref.key, bytes)
  await stores.rewrite(ref.inline === undefined ? fitting : { ...fitting, inline: bytes.toString('base64') })
}
