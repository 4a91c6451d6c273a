import { getBlob } from '../checkpoint/blobs.ts'
import { idsOf, readCommands } from '../checkpoint/dead-letters.ts'
import { decodeLetters } from '../checkpoint/letter-blocks.ts'
import { kindOf, parseKey } from '../checkpoint/object-keys.ts'
import { readManifest, refsOf } from '../checkpoint/manifest.ts'
import { selfCheck } from '../checkpoint/self-check.ts'
import { check } from '../checkpoint/transition.ts'
import { openBlock } from '../codec/block.ts'
import type { BlobStore } from '../host/blob-store.ts'
import type { HeadStore, HeadWrite } from '../host/head-store.ts'
import { MemoryBlobStore } from '../adapters/local/blob-memory.ts'
import { MemoryHeadStore } from '../adapters/local/head-memory.ts'
import type { DeadLetter } from '../model/dead-letter.ts'
import type { Head } from '../model/head.ts'
import type { Json } from '../model/json.ts'
import type { Manifest } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'
import { plainCopy } from './plain-copy.ts'

export type Report = (check: string, what: string) => void

/** Head and blobs as they are, with the invariants of the protocol asserted at every write and delete. */
export class WatchedStores {
  readonly #heads = new MemoryHeadStore<Head>()
  /** What people have left word of. */
  readonly control = new MemoryHeadStore<unknown>()
  readonly #objects = new MemoryBlobStore()
  readonly #report: Report
  #now: Head | null = null
  /** All committed manifests, by batch. */
  readonly manifests = new Map<number, Manifest>()
  readonly writes = new Map<string, number>()
  /** Every head that was written, as a log keeps them. */
  readonly history: HeadWrite<Head>[] = []
  /** Every dead letter that was ever committed, by id. */
  readonly letters = new Map<string, DeadLetter>()
  /** Blocks of receivers, by key; they stay here when they are deleted. */
  readonly received = new Map<string, readonly unknown[]>()
  /** Those that a start has found. */
  readonly found = new Set<string>()
  readonly #receivedIds = new Set<unknown>()
  /** Blocks of receivers that a committed batch has. */
  readonly #taken = new Set<string>()
  puts = 0
  /** Hears of each commit. */
  onCommit: (before: Head, head: Head) => void = () => {}

  readonly #count: (shape: string) => void

  constructor(report: Report, count: (shape: string) => void) {
    this.#report = report
    this.#count = count
  }

  /** What the register holds. */
  get current(): Head | null {
    return this.#now
  }

  get head(): HeadStore<Head> {
    return {
      read: () => this.#heads.read(),
      cas: async (expected, value, cause) => {
        const answer = await this.#heads.cas(expected, value, cause)
        if (answer === 'written') {
          this.history.push({ rev: expected + 1, cause, value: plainCopy(value) })
          await this.#written(plainCopy(value), cause)
        }
        return answer
      },
      close: async () => {},
    }
  }

  get blobs(): BlobStore {
    const objects = this.#objects
    return {
      putNew: async (key, bytes) => {
        await objects.putNew(key, bytes)
        this.puts++
        if (kindOf(key) === 'received') this.#receive(key, bytes)
      },
      get: (key) => objects.get(key),
      getRange: (key, offset, length) => objects.getRange(key, offset, length),
      list: async (prefix) => {
        const keys = await objects.list(prefix)
        for (const key of keys) if (this.received.has(key)) this.found.add(key)
        return keys
      },
      delete: async (key) => {
        await this.#deleting(key)
        return objects.delete(key)
      },
    }
  }

  #receive(key: string, bytes: Uint8Array): void {
    const records = recordsIn(bytes)
    if (!records) return
    this.received.set(key, records)
    for (const record of records) this.#receivedIds.add((record as readonly unknown[])[0])
  }

  /** Whether a block holds the message of a service. */
  hasReceived(id: string): boolean {
    return this.#receivedIds.has(id)
  }

  /** The head with another reference to its manifest, without anyone looking. */
  async rewrite(manifest: BlobRef): Promise<void> {
    const { rev } = (await this.#heads.read())!
    this.#now = { ...this.#now!, manifest }
    await this.#heads.cas(rev, this.#now, 'mark')
  }

  /** The objects themselves, without anyone looking. */
  get objects(): BlobStore {
    return this.#objects
  }

  async #written(head: Head, cause: string): Promise<void> {
    const before = this.#now
    this.#now = head
    this.writes.set(cause, (this.writes.get(cause) ?? 0) + 1)
    const wrong = check(before, head, cause)
    if (wrong) this.#report('head log', wrong)
    if (head.owed.length > 0) this.#count('output owed')
    if (cause === 'commit' && head.epoch > before!.epoch) this.#count('taken with its commit')
    if (cause === 'release' && head.outDone > before!.outDone) this.#count('marked with its release')
    if (cause === 'halt') this.#report('self-check', head.halt!.reason)
    if (cause === 'mark' && head.letters) this.#count('letters of outputs')
    if (cause === 'commit') {
      if (head.letters) this.#report('dead letters', `the manifest of batch ${head.committed} left some in the head`)
      this.#checkLease(before!, head)
      this.onCommit(before!, head)
      await this.#committed(before!, head)
    }
  }

  /** A commit is a sign of life. The one that is or follows an acquisition may end a lease that was longer. */
  #checkLease(before: Head, head: Head): void {
    if (before.idle === undefined && head.epoch === before.epoch && head.leaseUntil <= before.leaseUntil)
      this.#report('lease', `batch ${head.committed} was committed, and the lease still ends at ${head.leaseUntil}`)
  }

  async #committed(before: Head, head: Head): Promise<void> {
    try {
      const manifest = await readManifest(this.#objects, head.manifest!)
      const base = this.manifests.get(before.committed) ?? null
      const wrong = selfCheck(base, manifest)
      if (wrong) this.#report('self-check', wrong)
      if (manifest.base !== (base?.nonce ?? null))
        this.#report(
          'single chain',
          `batch ${manifest.batch} was built on ${manifest.base}, the one before is ${base?.nonce}`,
        )
      if (manifest.batch !== head.committed || manifest.tick !== head.tick)
        this.#report(
          'head log',
          `the head says batch ${head.committed} at tick ${head.tick}, its manifest ${manifest.batch} at ` +
            `${manifest.tick}`,
        )
      this.manifests.set(head.committed, manifest)
      await this.#rememberInput(manifest)
      await this.missing(manifest)
    } catch (error) {
      this.#report('reachability', `manifest of batch ${head.committed}: ${String(error)}`)
    }
  }

  async #rememberInput({ batch, cuts, deadLetters = [] }: Manifest): Promise<void> {
    for (const cut of Object.values(cuts))
      for (const split of cut?.splits ?? []) if (isBlockSplit(split)) this.#taken.add(split.key)
    for (const letters of deadLetters) {
      if (letters.batch !== batch && !letters.ofOutput) continue
      for (const letter of decodeLetters(await getBlob(this.#objects, letters.ref), letters.ref.key))
        this.letters.set(letter.id, letter)
    }
  }

  /** Reports every object that a manifest names and nobody can read. */
  async missing(manifest: Manifest): Promise<void> {
    for (const ref of refsOf(manifest)) {
      if (ref.inline !== undefined) continue
      const bytes = await this.#objects.get(ref.key).catch(() => null)
      const isThere = bytes && (ref.at === undefined ? bytes.length === ref.len : ref.at + ref.len <= bytes.length)
      if (!isThere) this.#report('reachability', `batch ${manifest.batch} names ${ref.key}, which is not there`)
    }
  }

  async #deleting(key: string): Promise<void> {
    if (!this.#now) return
    const { plan, committed } = this.#now
    if (this.received.has(key) && !this.#taken.has(key))
      this.#report('live deleted', `${key} was deleted; no batch has it`)
    if (plan?.content.key === key) this.#report('live deleted', `${key} was deleted; it is the plan that is open`)
    if (kindOf(key) === 'dead-letter-command') await this.#deletingCommand(key)
    const position = Object.values(this.manifests.get(committed)?.positions ?? {}).find((each) => names(each, key))
    if (position) this.#report('live deleted', `${key} was deleted; a position needs it`)
    for (const [batch, refs] of this.#liveRefs())
      for (const ref of refs)
        if (ref.key === key) this.#report('live deleted', `${key} was deleted; batch ${batch} needs it`)
  }

  async #deletingCommand(key: string): Promise<void> {
    const [command] = await readCommands(this.#objects, [key]).catch(() => [])
    const open = new Set(idsOf(this.manifests.get(this.#now!.committed)?.deadLetters ?? []))
    const id = command?.ids.find((each) => open.has(each))
    if (id !== undefined) this.#report('live deleted', `${key} was deleted; dead letter ${id} waits for it`)
  }

  /** Objects named by the manifests above the floor, and by those that outputs are still owed of. */
  *#liveRefs(floor = this.#now!.gcFloor): Iterable<[number, Iterable<BlobRef>]> {
    const { owed, manifest } = this.#now!
    if (manifest) yield [this.#now!.committed, [manifest]]
    for (const each of owed)
      yield [each.batch, [each.manifest, ...outputRefs(this.manifests.get(each.batch), each.output)]]
    for (const [batch, each] of this.manifests) if (batch > floor) yield [batch, refsOf(each)]
  }

  /**
   * Objects of batches below the floor that nothing needs any more and nobody deleted. The manifest at the floor itself
   * may go one batch later.
   */
  async leftovers(): Promise<string[]> {
    const live = new Set<string>()
    const floor = this.#now!.gcFloor - 1
    for (const [, refs] of this.#liveRefs(floor)) for (const ref of refs) live.add(ref.key)
    const keys = await this.#objects.list('')
    return keys.filter((key) => !live.has(key) && batchOf(key) <= floor)
  }
}

const outputRefs = (manifest: Manifest | undefined, output: string): BlobRef[] => [
  ...(manifest?.outputs[output] ?? []).flatMap((part) => (part.ref ? [part.ref] : [])),
  ...(manifest?.packs ?? []).map((pack) => pack.ref),
]

const batchOf = (key: string): number => parseKey(key)?.batch ?? Infinity

/** Sources keep other objects as well, which are no blocks. */
function recordsIn(bytes: Uint8Array): readonly unknown[] | null {
  try {
    return openBlock(bytes, 'a block').read(0, 1)[0]
  } catch {
    return null
  }
}

/** A split of a receiver. */
export const isBlockSplit = (split: unknown): split is { readonly key: string; readonly records: number } =>
  typeof split === 'object' && split !== null && 'key' in split && 'records' in split

/** Whether the position of a source of files names the object. */
const names = (position: Json, key: string): boolean =>
  (position as { seen?: { object?: string } } | null)?.seen?.object === key
