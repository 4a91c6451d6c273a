import { own } from '../model/given.ts'
import type { BatchNumber } from '../model/ids.ts'
import { decodePlan } from '../checkpoint/stored-plan.ts'
import { getBlob } from '../checkpoint/blobs.ts'
import { decodeLetters } from '../checkpoint/letter-blocks.ts'
import { faultOfHead } from '../checkpoint/check-head.ts'
import { readManifest } from '../checkpoint/manifest.ts'
import { withChange } from '../checkpoint/state-change.ts'
import { decodeFacts } from '../checkpoint/stored-facts.ts'
import { check } from '../checkpoint/transition.ts'
import type { BlobStore } from '../host/blob-store.ts'
import type { HeadWrite } from '../host/head-store.ts'
import { hasCode, messageOf } from '../model/errors.ts'
import type { Head, OpenPlan } from '../model/head.ts'
import type { Manifest } from '../model/manifest.ts'
import { clauseOf } from '../model/shape.ts'
import type { BlobRef } from '../model/refs.ts'
import { Contents } from './content.ts'
import { faultOfDropped, faultOfFacts, faultOfPositions } from './graph.ts'
import { type Before, faultOfCommit, faultOfOwn, faultOfPlan, nameFault, nonceOf, Repeats } from './step.ts'

export interface Verdict {
  /** Writes, manifests and objects that were found good. */
  readonly writes: number
  readonly batches: number
  readonly objects: number
  /** Manifests that the sweep had a right to delete. */
  readonly swept: number
  readonly violation: { readonly rev: number; readonly cause: string; readonly what: string } | null
}

/** `all`: every object that is there is read; `live`: what the next batch builds on, and of it the manifests only. */
type Depth = 'all' | 'live'

const NOTHING: Before = { nonce: null, manifest: null }

/**
 * Replays a log of head writes against the rules of the protocol, the manifests they commit against each other, and the
 * objects that must still be there against the manifests. Stops at the first violation.
 */
export async function verifyHistory(
  history: readonly HeadWrite<Head>[],
  blobs: BlobStore,
  { depth = 'all' }: { readonly depth?: Depth } = {},
): Promise<Verdict> {
  const replay = new Replay(history, blobs, depth)
  let last: HeadWrite<Head> | null = null
  for (const write of history) {
    last = write
    const what = await replay.faultOf(write)
    if (what) return replay.verdict({ ...write, what })
  }
  const what = last && (await replay.faultOfDebts(last.value))
  return replay.verdict(what ? { ...last!, what } : null)
}

class Replay {
  readonly #blobs: BlobStore
  readonly #contents: Contents
  readonly #depth: Depth
  readonly #repeats = new Repeats()
  /** The incarnation that is live, and the batch up to which its objects may be gone. */
  readonly #live: Pick<Head, 'inc' | 'gcFloor'> | undefined
  #before: Head | null = null
  #base: Before = NOTHING
  #writes = 0
  #batches = 0
  #swept = 0

  constructor(history: readonly HeadWrite<Head>[], blobs: BlobStore, depth: Depth) {
    this.#live = history.at(-1)?.value
    this.#depth = depth
    this.#blobs = blobs
    this.#contents = new Contents(blobs)
  }

  async faultOf({ rev, cause, value }: HeadWrite<Head>): Promise<string | null> {
    const head = faultOfHead(value)
    if (head)
      return head.kind === 'newer'
        ? `it has format ${head.format}; this build reads format 1`
        : `what was written is not a head:${clauseOf(head.what).replace(/^\./, ' ')}`
    // A log that was compacted begins in the middle: its first write has nothing to be compared with.
    const isFirst = this.#before === null && rev > 1
    const wrong = isFirst ? null : check(this.#before, value, cause)
    if (wrong) return wrong
    this.#writes++
    const plan = this.#before?.plan
    this.#before = value
    if (cause === 'recreate') {
      this.#base = NOTHING
      this.#repeats.clear()
    }
    if (cause === 'commit') return (await this.#commit(value)) ?? (plan ? this.#keptPlan(plan) : null)
    if (isFirst && value.manifest) this.#base = { nonce: nonceOf(value.manifest), manifest: null }
    return null
  }

  async #commit(head: Head): Promise<string | null> {
    const misnamed = nameFault(head)
    if (misnamed) return misnamed
    const nonce = nonceOf(head.manifest!)
    const isNeeded = head.inc === this.#live?.inc && head.committed > this.#live.gcFloor
    const found: Found =
      isNeeded || this.#depth === 'all'
        ? await manifestOf(head.committed, head.manifest!, this.#blobs, !isNeeded)
        : { kind: 'swept' }
    if (found.kind === 'bad') return found.what
    const before = this.#base
    this.#base = { nonce, manifest: found.kind === 'found' ? found.manifest : null }
    if (found.kind === 'swept') {
      this.#swept++
      return null
    }
    const { manifest } = found
    // The first write of a compacted log was itself built on something that is not in it.
    const known = before.nonce === null && head.committed > 1 ? { ...before, nonce: manifest.base } : before
    const wrong =
      faultOfCommit(head, known, manifest) ??
      this.#repeats.faultOf(manifest, before.manifest) ??
      faultOfOwn(manifest) ??
      (isNeeded ? await this.#graphFault(head, before.manifest, manifest) : null) ??
      (isNeeded && this.#depth === 'all' ? await this.#contents.faultOf(manifest) : null)
    if (wrong) return wrong
    this.#batches++
    return null
  }

  /** What follows from the graph that made the manifest; those of version 0.1.0 do not name one. */
  async #graphFault(head: Head, before: Manifest | null, manifest: Manifest): Promise<string | null> {
    if (!manifest.facts) return null
    try {
      const facts = decodeFacts(await getBlob(this.#blobs, manifest.facts), manifest.facts)
      const base = before && (manifest.change ? withChange(before, manifest.change) : before)
      return (
        faultOfFacts(manifest, facts) ??
        (base && (faultOfDropped(base, manifest, facts, head.zeroTime) ?? faultOfPositions(base, manifest)))
      )
    } catch (error) {
      return `batch ${manifest.batch} needs an object that cannot be read: ${messageOf(error)}`
    }
  }

  /** A plan is swept with the manifest of its batch; where both are there, they must agree. */
  async #keptPlan({ content, hidden }: OpenPlan): Promise<string | null> {
    const { manifest } = this.#base
    if (!manifest) return null
    try {
      return faultOfPlan(decodePlan(await getBlob(this.#blobs, content), content), manifest, hidden)
    } catch (error) {
      return hasCode(error, 'E_BLOB_MISSING')
        ? null
        : `the plan of batch ${manifest.batch} cannot be read: ${messageOf(error)}`
    }
  }

  /** What outputs are still owed, and what they were shown without, is kept whatever the floor. */
  async faultOfDebts({ owed, letters = [] }: Head): Promise<string | null> {
    for (const { batch, ref } of letters) {
      const wrong = await faultOfLetters(ref, this.#blobs)
      if (wrong) return `the dead letters that outputs of batch ${batch} left cannot be read: ${wrong}`
    }
    for (const { batch, output, manifest } of owed) {
      const found = await manifestOf(batch, manifest, this.#blobs, false)
      if (found.kind !== 'found') return found.kind === 'bad' ? found.what : null
      const parts = own(found.manifest.outputs, output)
      if (found.manifest.batch !== batch || parts === undefined)
        return `output "${output}" of batch ${batch} is owed, but its manifest does not have it`
      const alone: Manifest = {
        ...found.manifest,
        state: {},
        retained: {},
        packs: [],
        outputs: { [output]: parts },
      }
      const wrong = this.#depth === 'all' ? await this.#contents.faultOf(alone) : null
      if (wrong) return wrong
    }
    return null
  }

  verdict(violation: (HeadWrite<Head> & { readonly what: string }) | null): Verdict {
    const counts = { writes: this.#writes, batches: this.#batches, objects: this.#contents.objects, swept: this.#swept }
    return { ...counts, violation: violation && { rev: violation.rev, cause: violation.cause, what: violation.what } }
  }
}

type Found =
  | { readonly kind: 'found'; readonly manifest: Manifest }
  | { readonly kind: 'swept' }
  | { readonly kind: 'bad'; readonly what: string }

async function faultOfLetters(ref: BlobRef, blobs: BlobStore): Promise<string | null> {
  try {
    decodeLetters(await getBlob(blobs, ref), ref.key)
    return null
  } catch (error) {
    return messageOf(error)
  }
}

async function manifestOf(batch: BatchNumber, ref: BlobRef, blobs: BlobStore, mayBeGone: boolean): Promise<Found> {
  try {
    return { kind: 'found', manifest: await readManifest(blobs, ref) }
  } catch (error) {
    return mayBeGone && hasCode(error, 'E_BLOB_MISSING')
      ? { kind: 'swept' }
      : { kind: 'bad', what: `the manifest of batch ${batch} cannot be read: ${messageOf(error)}` }
  }
}
