import { checkedHead } from '../checkpoint/check-head.ts'
import { decideDuty, decideStart } from '../checkpoint/decide.ts'
import { HeadWriter } from '../checkpoint/head-writer.ts'
import { readManifest, refsOf } from '../checkpoint/manifest.ts'
import { Sweeper } from '../checkpoint/sweep.ts'
import { acquired, type Cause, created, released, resumed } from '../checkpoint/transition.ts'
import { Names } from '../checkpoint/names.ts'
import type { Host } from '../host/host.ts'
import type { Versioned } from '../host/head-store.ts'
import { SluiceError } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import type { Manifest } from '../model/manifest.ts'
import type { OutputPublisher } from '../output/output-publisher.ts'
import type { OutputEnvironment } from '../stream/output-operation.ts'
import type { BatchEvents } from './batch-events.ts'
import type { Coordination } from './coordination.ts'
import type { Tick } from './plan-batch.ts'
import type { TaskProgram } from './program.ts'
import { deliver, deliverOwed, runBatch } from './run-batch.ts'
import { publishHere } from './run-output.ts'

export interface CoordinatorOptions {
  readonly app: string
  readonly host: Host<Head>
  readonly program: TaskProgram
  readonly intervalMs: number
  readonly conf: Readonly<Record<string, string>>
  readonly holder: string
  readonly isGone: (holder: string) => boolean
  /** Begin anew even where a head exists: a new incarnation, as Spark does without `getOrCreate`. */
  readonly fresh: boolean
  /** Clear a halt and go on. */
  readonly resume: boolean
  readonly acceptsGraph: boolean
  readonly events: BatchEvents
  readonly environment: (head: Head) => OutputEnvironment
  /** Where outputs are shown; in this process, with `environment`, if it is left out. */
  readonly publisher?: (head: Head) => OutputPublisher
  /** Until when this coordinator is believed to live, where that is known better than from its signs of life. */
  readonly leaseUntil?: () => number
  readonly limitOf: (source: string) => number | null
  readonly attemptsMax: number
  /** Batches whose objects are kept. */
  readonly keep: number
  readonly signal: AbortSignal
}

/** How much longer than an interval a coordinator is believed to live without a sign of life. */
const LEASE_INTERVALS = 3
const LEASE_MS_MIN = 10_000

/** Holds the head of one app and runs its batches, one at a time. */
export class Coordinator {
  readonly #c: Coordination

  private constructor(coordination: Coordination) {
    this.#c = coordination
  }

  /** Acquires the head, recovers what the last coordinator left, and is ready for the next tick. */
  static async open(options: CoordinatorOptions): Promise<Coordinator> {
    const { host, program } = options
    const writer = new HeadWriter(host.head, await acquire(options))
    const base = writer.head.manifest ? await readManifest(host.blobs, writer.head.manifest) : null
    const sweeper = new Sweeper(host.blobs, host.log, options.keep)
    const coordination: Coordination = {
      host,
      program,
      writer,
      sweeper,
      publisher: options.publisher?.(writer.head) ?? publishHere(program.graph, host.blobs, options.environment(writer.head)),
      events: options.events,
      signal: options.signal,
      attemptsMax: options.attemptsMax,
      limitOf: options.limitOf,
      leaseUntil: () => leaseUntil(options),
      startedAt: host.clock.now(),
      base,
    }
    try {
      await recover(coordination)
    } catch (error) {
      // Who cannot go on must not keep others waiting for the end of its lease.
      await writer.write(released(writer.head), 'release').catch(() => {})
      throw error
    }
    return new Coordinator(coordination)
  }

  get head(): Head { return this.#c.writer.head }
  /** The last committed manifest. */
  get manifest(): Manifest | null { return this.#c.base }

  /** Runs the next batch at `tick` and returns its manifest. Throws what kept it from committing; the head is then unchanged. */
  runBatch(tick: number): Promise<Manifest> {
    const { committed, zeroTime, intervalMs } = this.head
    const next: Tick = { batch: committed + 1, tick, time: zeroTime + tick * intervalMs }
    return runBatch(this.#c, next)
  }

  async close(): Promise<void> {
    await this.#c.sweeper.settled()
    await this.#c.writer.write(released(this.head), 'release')
  }
}

const leaseUntil = ({ host, intervalMs, leaseUntil: known }: CoordinatorOptions): number => known?.() ?? host.clock.now() + Math.max(LEASE_MS_MIN, LEASE_INTERVALS * intervalMs)

async function acquire(options: CoordinatorOptions): Promise<Versioned<Head>> {
  const { host, app, program, holder, conf, isGone, acceptsGraph } = options
  const found = checkedHead(await host.head.read())
  const decision = decideStart(found?.value ?? null, { app, holder, graph: program.fingerprint, now: host.clock.now(), isGone, acceptsGraph: acceptsGraph || options.fresh })
  switch (decision.kind) {
    case 'create': return write(options, 0, newHead(options), 'create')
    case 'foreign': throw new SluiceError('E_FOREIGN_APP', `This directory belongs to the app "${decision.app}", not to "${app}".`, { did: 'nothing was started', next: ['use another --dir', `run the app "${decision.app}"`] })
    case 'busy': throw new SluiceError('E_BUSY', `"${app}" is already running: ${decision.holder}.`, { did: 'nothing was started', retry: true, next: ['stop the other one first', 'use another --dir'] })
    case 'halted': {
      if (options.fresh) return write(options, found!.rev, newHead(options), 'recreate')
      if (options.resume && found!.value.graph !== program.fingerprint && found!.value.committed > 0 && !acceptsGraph) throw graphChanged(program.fingerprint, found!.value.graph)
      if (options.resume) return write(options, found!.rev, { ...resumed(found!.value), epoch: found!.value.epoch + 1, holder, leaseUntil: leaseUntil(options), graph: program.fingerprint }, 'resume')
      throw new SluiceError('E_HALTED', `"${app}" was halted: ${decision.reason}.`, { did: 'nothing was started', next: ['sluice verify <dir>', 'start again with --resume'] })
    }
    case 'graph-changed': throw graphChanged(program.fingerprint, decision.stored)
    case 'acquire': {
      if (!options.fresh && found!.value.intervalMs !== options.intervalMs) throw intervalChanged(options, found!.value)
      if (options.fresh) return write(options, found!.rev, newHead(options), 'recreate')
      return write(options, found!.rev, acquired(found!.value, { holder, leaseUntil: leaseUntil(options), graph: program.fingerprint, conf }), 'acquire')
    }
  }
}

/** The first batch ends at the next point of the epoch's grid that lies strictly ahead (parity A0.3). */
function newHead(options: CoordinatorOptions): Head {
  const { app, host, program, intervalMs, conf, holder } = options
  const zeroTime = Math.floor(host.clock.now() / intervalMs) * intervalMs
  return created({ app, inc: host.random.run(), graph: program.fingerprint, intervalMs, zeroTime, conf, holder, leaseUntil: leaseUntil(options) })
}

async function write(options: CoordinatorOptions, rev: number, head: Head, cause: Cause): Promise<Versioned<Head>> {
  if ((await options.host.head.cas(rev, head, cause)) === 'written') return { rev: rev + 1, value: head }
  const found = await options.host.head.read()
  if (found?.value.holder === options.holder && found.value.epoch === head.epoch && found.value.inc === head.inc) return found
  throw new SluiceError('E_BUSY', `"${options.app}" was taken by another process at the same moment: ${found?.value.holder ?? 'unknown'}.`, { did: 'nothing was started', retry: true, next: ['start again'] })
}

/** Brings the world level with the head: outputs of a committed batch that were not confirmed, then what earlier runs owe. */
async function recover(c: Coordination): Promise<void> {
  await findLitter(c)
  await deliverOwed(c)
  if (decideDuty(c.writer.head).kind === 'deliver') await deliver(c, c.base!)
}

/** Objects that no manifest names: attempts that died, and all of former incarnations. They are swept once the floor has passed. */
async function findLitter(c: Coordination): Promise<void> {
  const { app, inc, committed, manifest, owed } = c.writer.head
  const live = new Set([manifest?.key, ...owed.map((each) => each.manifest.key)])
  if (c.base) for (const ref of refsOf(c.base)) live.add(ref.key)
  for (const each of owed) for (const ref of refsOf(await readManifest(c.host.blobs, each.manifest))) live.add(ref.key)
  const names = new Names(app, inc)
  const keys = await c.host.blobs.list(`${app}/`)
  const [own, former] = [keys.filter((key) => key.startsWith(names.root)), keys.filter((key) => !key.startsWith(names.root))]
  c.sweeper.litter(own.filter((key) => !live.has(key) && !key.startsWith(names.received)), committed)
  c.sweeper.litter(former, 0)
}

const graphChanged = (mine: string, stored: string): SluiceError =>
  new SluiceError('E_GRAPH_CHANGED', `The program has changed: its graph is ${mine}, the stored one is ${stored}.`, {
    did: 'nothing was started; state and positions are kept',
    next: ['run the program that wrote it', 'use another --dir to begin anew', 'pass --accept-graph when the stateful operators are the same'],
  })

const intervalChanged = ({ app, intervalMs }: CoordinatorOptions, head: Head): SluiceError =>
  new SluiceError('E_INTERVAL_CHANGED', `The batch interval of "${app}" is ${intervalMs} ms; the stored state was made with ${head.intervalMs} ms.`, {
    did: 'nothing was started; state and positions are kept', next: [`run with an interval of ${head.intervalMs} ms`, 'use another --dir to begin anew'],
  })
