import { checkedHead } from '../../checkpoint/check-head.ts'
import { readManifest } from '../../checkpoint/manifest.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { SourceNode } from '../../graph/stream-node.ts'
import { own } from '../../model/given.ts'
import { located, type SluiceError } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import { settingsOf } from '../../model/settings/read.ts'
import { sourceIo } from '../../runtime/task/read-split.ts'
import type { ReceiverEvents } from '../../source/source.ts'
import { SourcePort } from '../../source/source-port.ts'
import type { AwsHost } from '../lambda/host.ts'
import type { BuiltApp } from '../program/built-program.ts'
import { LEASE_MS, LeaseHolder } from './receiver-lease.ts'

/** What an invocation of a receiver function came to. */
export type ReceiverAnswer =
  /** Another life of the receiver goes on. */
  | { readonly busy: true }
  /** The app has no batch yet, or not any more: there is nothing that what is received could belong to. */
  | { readonly waited: true }
  /** It has received for so long. */
  | { readonly busy: false; readonly receivedMs: number }

/** Who lives, and until when; ms since the epoch. */
interface Lifetime {
  readonly holder: string
  readonly stopAt: number
  readonly deadline: number
}

const BEAT_MS = 10_000
/** How long a life looks for the head of an app that has just been deployed. */
const POLL_MS = 2000

/**
 * One life of a receiver: takes the lease, receives until its time is over, stores what it still holds, and lets go.
 * Throws what kept the receiver from receiving.
 */
export async function receiverLife(
  app: BuiltApp,
  node: SourceNode,
  host: AwsHost,
  lifetime: Lifetime,
): Promise<ReceiverAnswer> {
  const lease = new LeaseHolder(host.lease(app.name, node.uid), host.clock, {
    holder: lifetime.holder,
    endsAt: lifetime.deadline,
  })
  if (!(await lease.taken())) return { busy: true }
  const life = new ReceiverLife(app, node, host, lease, lifetime.stopAt)
  try {
    return await life.run()
  } finally {
    // A store that does not answer now: the lease runs out by itself.
    await lease.released().catch((error: unknown) => host.log.event({ type: 'error', error }))
  }
}

class ReceiverLife {
  readonly #app: BuiltApp
  readonly #node: SourceNode
  readonly #port: SourcePort<unknown>
  readonly #host: AwsHost
  readonly #lease: LeaseHolder
  readonly #stopAt: number
  /** Up to when the lease is known to hold. */
  #heldUntil: number

  constructor(app: BuiltApp, node: SourceNode, host: AwsHost, lease: LeaseHolder, stopAt: number) {
    this.#app = app
    this.#node = node
    this.#port = new SourcePort(node.uid, node.source)
    this.#host = host
    this.#lease = lease
    this.#stopAt = stopAt
    this.#heldUntil = host.clock.now() + LEASE_MS
  }

  async run(): Promise<ReceiverAnswer> {
    const { clock } = this.#host
    const head = await this.#head()
    if (head === null) return { waited: true }
    const began = clock.now()
    await this.#start(head)
    try {
      while (await this.#beats(head)) await clock.sleepUntil(Math.min(this.#stopAt, clock.now() + BEAT_MS))
    } finally {
      await this.#port.stop(true)
    }
    const failure = this.#node.source.receiver!.failure?.() ?? null
    if (failure) throw located(failure, { operator: this.#node.uid, place: this.#node.place }) as SluiceError
    return { busy: false, receivedMs: clock.now() - began }
  }

  /** The head of the app, once there is one: blocks lie below its incarnation. */
  async #head(): Promise<Head | null> {
    const { clock } = this.#host
    while (clock.now() < this.#stopAt) {
      const head = await this.#readHead()
      if (head !== null) return head
      if (!(await this.#holdsLease())) return null
      await clock.sleepUntil(Math.min(this.#stopAt, clock.now() + POLL_MS))
    }
    return null
  }

  async #readHead(): Promise<Head | null> {
    return checkedHead(await this.#host.head(this.#app.name).read())?.value ?? null
  }

  #start(head: Head): Promise<void> {
    const { context } = this.#app
    return this.#port.start({
      io: sourceIo(this.#host, head, this.#node.uid),
      streamId: context.graph.inputs.indexOf(this.#node),
      position: null,
      isPlannedElsewhere: true,
      settings: settingsOf(context.sparkContext.conf),
      events: silence,
    })
  }

  /** Whether it goes on. What it learns from the head on the way is how far batches have come, and how fast. */
  async #beats({ inc }: Head): Promise<boolean> {
    if (this.#host.clock.now() >= this.#stopAt || !(await this.#holdsLease())) return false
    try {
      const head = await this.#readHead()
      // The app has begun anew, and nobody looks for blocks of the one before.
      if (head?.inc !== inc) return false
      if (head.manifest) await this.#learn(head, await readManifest(this.#host.blobs, head.manifest))
    } catch (error) {
      // Nothing that it needs to receive.
      this.#host.log.event({ type: 'error', error })
    }
    return true
  }

  async #learn(head: Head, { positions, rates = {} }: Manifest): Promise<void> {
    const { uid, source } = this.#node
    const blobs = keepingAll(this.#host.blobs)
    const position = own(positions, uid)
    if (position !== undefined) await this.#port.committed(position, sourceIo({ ...this.#host, blobs }, head, uid))
    const rate = own(rates, uid)?.rate ?? null
    if (rate !== null) source.receiver!.updateRate(rate)
  }

  /** A lease that cannot be renewed holds until it has run out. */
  async #holdsLease(): Promise<boolean> {
    const { clock, log } = this.#host
    try {
      const now = clock.now()
      if (!(await this.#lease.renewed())) return false
      this.#heldUntil = now + LEASE_MS
    } catch (error) {
      log.event({ type: 'error', error })
    }
    return clock.now() < this.#heldUntil
  }
}

/** The coordinator deletes what is committed: no code of the program may. */
const keepingAll = (blobs: BlobStore): BlobStore => ({
  putNew: (key, bytes) => blobs.putNew(key, bytes),
  get: (key) => blobs.get(key),
  getRange: (key, offset, length) => blobs.getRange(key, offset, length),
  list: (prefix) => blobs.list(prefix),
  delete: async () => {},
})

/** Listeners of the program are in the output function; what goes wrong is in the log. */
const silence: ReceiverEvents = { started() {}, error() {}, stopped() {}, exhausted() {} }
