import { getBlob } from '../checkpoint/blobs.ts'
import { readManifest, refsOf } from '../checkpoint/manifest.ts'
import { selfCheck } from '../checkpoint/self-check.ts'
import { check } from '../checkpoint/transition.ts'
import type { BlobStore } from '../host/blob-store.ts'
import type { HeadWrite } from '../host/head-store.ts'
import { hasCode, messageOf } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import type { Manifest } from '../model/manifest.ts'

export interface Verdict {
  /** Writes, manifests and objects that were found good. */
  readonly writes: number
  readonly batches: number
  readonly objects: number
  /** Manifests that the sweep had a right to delete. */
  readonly swept: number
  readonly violation: { readonly rev: number; readonly cause: string; readonly what: string } | null
}

/** Replays a log of head writes against the rules of the protocol, and the manifests they commit against each other. Stops at the first violation. */
export async function verifyHistory(history: readonly HeadWrite<Head>[], blobs: BlobStore): Promise<Verdict> {
  const floor = history.at(-1)?.value.gcFloor ?? 0
  const counts = { writes: 0, batches: 0, objects: 0, swept: 0 }
  let before: Head | null = null
  let base: Manifest | null = null
  for (const { rev, cause, value } of history) {
    // A log that was compacted begins in the middle: its first write has nothing to be compared with.
    const wrong = before === null && rev > 1 ? null : check(before, value, cause)
    if (wrong) return { ...counts, violation: { rev, cause, what: wrong } }
    counts.writes++
    if (cause === 'recreate') base = null
    if (cause === 'commit') {
      const found = await manifestOf(value, blobs, value.inc !== history.at(-1)!.value.inc || value.committed <= floor)
      if (found.kind === 'bad') return { ...counts, violation: { rev, cause, what: found.what } }
      if (found.kind === 'swept') counts.swept++
      else {
        const mismatch = mismatchOf(value, base, found.manifest)
        if (mismatch) return { ...counts, violation: { rev, cause, what: mismatch } }
        counts.batches++
      }
      base = found.kind === 'swept' ? null : found.manifest
    }
    before = value
  }
  const last = history.at(-1)
  if (base && last) {
    for (const ref of refsOf(base)) {
      try {
        await getBlob(blobs, ref)
        counts.objects++
      } catch (error) {
        return { ...counts, violation: { rev: last.rev, cause: last.cause, what: `batch ${base.batch} needs an object that cannot be read: ${messageOf(error)}` } }
      }
    }
  }
  return { ...counts, violation: null }
}

type Found = { readonly kind: 'found'; readonly manifest: Manifest } | { readonly kind: 'swept' } | { readonly kind: 'bad'; readonly what: string }

async function manifestOf(head: Head, blobs: BlobStore, mayBeGone: boolean): Promise<Found> {
  if (!head.manifest) return { kind: 'bad', what: `batch ${head.committed} was committed without a manifest` }
  try {
    return { kind: 'found', manifest: await readManifest(blobs, head.manifest) }
  } catch (error) {
    return mayBeGone && hasCode(error, 'E_BLOB_MISSING') ? { kind: 'swept' } : { kind: 'bad', what: `the manifest of batch ${head.committed} cannot be read: ${messageOf(error)}` }
  }
}

function mismatchOf(head: Head, base: Manifest | null, manifest: Manifest): string | null {
  if (manifest.batch !== head.committed || manifest.tick !== head.tick) return `the head says batch ${head.committed} at tick ${head.tick}, its manifest batch ${manifest.batch} at tick ${manifest.tick}`
  const due = head.zeroTime + head.tick * head.intervalMs
  if (manifest.time !== due) return `tick ${head.tick} is due at ${due}, but batch ${manifest.batch} has the time ${manifest.time}`
  if (base && manifest.base !== base.nonce) return `the manifest of batch ${manifest.batch} builds on ${manifest.base}, but ${base.nonce} was committed before it`
  // Where the manifest before is unknown, only what follows from this one alone can be checked.
  return base || manifest.batch === 1 ? selfCheck(base, manifest) : null
}
