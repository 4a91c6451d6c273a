import type { BatchNumber, OperatorUid } from '../model/ids.ts'
import type { BlobStore } from '../host/blob-store.ts'
import type { Log } from '../host/log.ts'
import type { Head, OwedOutput } from '../model/head.ts'
import type { Manifest } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'
import { messageOf } from '../model/errors.ts'
import { refsBetween } from './manifest.ts'

/**
 * Deletes what no manifest above the floor names. An object dies when a manifest stops naming it, and is deleted when
 * the floor has passed that manifest, so readers of the last `keep` batches never miss anything. The floor is in the
 * head before any delete, and only names once referenced and now dead are touched: a sweep that stalls and wakes a week
 * later is harmless. No timestamp takes part.
 */
export class Sweeper {
  readonly #blobs: BlobStore
  readonly #log: Log
  readonly #keep: number
  /** Whether it deletes anything; if not, nothing is remembered either. */
  readonly isActive: boolean
  /** By the manifest of an owed output, and its name: the keys of what it needs. */
  readonly #pinned = new Map<string, readonly string[]>()
  #dead: { readonly since: BatchNumber; readonly key: string }[] = []
  #running: Promise<void> = Promise.resolve()

  constructor(blobs: BlobStore, log: Log, keep: number, isActive = true) {
    this.#blobs = blobs
    this.#log = log
    this.#keep = Math.max(2, keep)
    this.isActive = isActive
  }

  /** Keeps what an output needs, whatever the floor, as long as the head says that it is owed. */
  pin(manifest: BlobRef, content: Manifest, output: OperatorUid): void {
    if (!this.isActive) return
    this.#pinned.set(nameOf({ output, manifest }), [
      manifest.key,
      ...(content.outputs[output] ?? []).flatMap((part) => (part.ref ? [part.ref.key] : [])),
      // The manifest cannot be read without its packs.
      ...(content.packs ?? []).map((pack) => pack.ref.key),
    ])
  }

  /** Notes what the newer manifest no longer names, and the older manifest itself. */
  superseded(ref: BlobRef | null, older: Manifest | null, newer: Manifest): void {
    if (!older || !this.isActive) return
    const gone = new Set<string>()
    if (ref && ref.inline === undefined) gone.add(ref.key)
    for (const { key, inline } of refsBetween(older, newer)) if (inline === undefined) gone.add(key)
    for (const key of gone) this.#dead.push({ since: newer.batch, key })
  }

  /** Objects found at start that the manifest does not name: left by attempts that came to nothing. */
  discard(keys: readonly string[], committed: BatchNumber): void {
    if (!this.isActive) return
    for (const key of keys) this.#dead.push({ since: committed, key })
  }

  floor(head: Head, manifest: Manifest): number {
    return Math.max(0, Math.min(head.committed, manifest.batch) - this.#keep)
  }

  /** Deletes in the background; one round at a time, oldest first. */
  sweep(head: Head): void {
    const pinned = this.#pinnedBy(head)
    const due = this.#dead.filter((object) => object.since <= head.gcFloor && !pinned.has(object.key))
    if (due.length === 0) return
    const gone = new Set(due)
    this.#dead = this.#dead.filter((object) => !gone.has(object))
    this.#running = this.#running.then(async () => {
      for (const { key } of due) await this.#delete(key)
    })
  }

  /** Forgets what was kept for outputs that are delivered by now. */
  #pinnedBy({ owed }: Head): Set<string> {
    const names = new Set(owed.map(nameOf))
    for (const name of this.#pinned.keys()) if (!names.has(name)) this.#pinned.delete(name)
    return new Set([...this.#pinned.values()].flat())
  }

  async #delete(key: string): Promise<void> {
    try {
      await this.#blobs.delete(key)
    } catch (error) {
      this.#log.event({ type: 'sweep-failed', key, message: messageOf(error) })
    }
  }

  /** Resolves when everything due has been deleted. */
  settled(): Promise<void> {
    return this.#running
  }
}

const nameOf = ({ output, manifest }: Pick<OwedOutput, 'output' | 'manifest'>): string => `${manifest.key} ${output}`
