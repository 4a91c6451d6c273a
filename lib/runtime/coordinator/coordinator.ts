import { readCommands } from '../../checkpoint/dead-letters.ts'
import { checkedHead } from '../../checkpoint/check-head.ts'
import { decideDuty, decideStart, leaseMs } from '../../checkpoint/decide.ts'
import { checkSize } from '../../checkpoint/head-size.ts'
import { HeadWriter } from '../../checkpoint/head-writer.ts'
import { readOutputCommands } from '../../checkpoint/output-commands.ts'
import { readManifest, refsOf } from '../../checkpoint/manifest.ts'
import { Sweeper } from '../../checkpoint/sweep.ts'
import { acquired, type Cause, created, released, resumed } from '../../checkpoint/transition.ts'
import { ObjectKeys, type ObjectKind, parseKey } from '../../checkpoint/object-keys.ts'
import type { Host } from '../../host/host.ts'
import type { Versioned } from '../../host/head-store.ts'
import { SluiceError } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { OutputPublisher } from '../../output/output-publisher.ts'
import type { OutputEnvironment } from '../../graph/output-operation.ts'
import { admit, admitAnew, type Admission } from '../admission.ts'
import type { BatchEvents } from '../../observe/batch-events.ts'
import type { HeldApp } from '../batch/held-app.ts'
import type { TaskProgram } from '../program.ts'
import type { OutageSettings } from '../settings.ts'
import { deliver, deliverAtLast, deliverOwed } from '../batch/deliver.ts'
import { runBatch } from '../batch/run-batch.ts'
import { Outages } from '../output/outages.ts'
import { publishHere } from '../output/run-output.ts'

interface CoordinatorOptions {
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
  /** Operators and sources whose state or position may be given up where the program has no place for it. */
  readonly dropState: readonly string[]
  readonly events: BatchEvents
  readonly environment: (head: Head) => OutputEnvironment
  /** Where outputs are shown; in this process, with `environment`, if it is left out. */
  readonly publisher?: (head: Head) => OutputPublisher
  /** Until when this coordinator is believed to live, where that is known better than from its signs of life. */
  readonly leaseUntil?: () => number
  readonly limitOf: (source: string) => number | null
  /** How often a failing task is tried where the program does not say. */
  readonly attempts: number
  /**
   * Whether this coordinator lives to see a place come back that does not take an output now: outputs are held, as
   * `sluice.output.hold` says, and tried again with growing waits.
   */
  readonly isPatient: boolean
  readonly signal: AbortSignal
}

/** Holds the head of one app and runs its batches, one at a time. */
export class Coordinator {
  readonly #held: HeldApp

  private constructor(held: HeldApp) {
    this.#held = held
  }

  /** Acquires the head, recovers what the last coordinator left, and is ready for the next tick. */
  static async open(options: CoordinatorOptions): Promise<Coordinator> {
    const { host, program } = options
    const { found, admission } = await acquire(options)
    // A life that ended before its first commit has left its input to this one.
    const begun = found.value.epoch === 1 || found.value.committed > 0
    const writer = new HeadWriter(host.head, found, host.log)
    const sweeper = new Sweeper(host.blobs, host.log, program.settings.keepBatches)
    const held: HeldApp = {
      host,
      program,
      writer,
      sweeper,
      publisher:
        options.publisher?.(writer.head) ??
        publishHere(program.graph, host.blobs, options.environment(writer.head), program.staged),
      events: options.events,
      outages: new Outages(host.clock, outageSettings(options)),
      signal: options.signal,
      attemptsMax: program.settings.attemptsMax ?? options.attempts,
      speculation: program.settings.speculation,
      limitOf: options.limitOf,
      leaseUntil: () => leaseUntil(options),
      startedAt: begun ? host.clock.now() : writer.head.zeroTime,
      onError: program.settings.onError,
      letterCommands: [],
      admission,
      isPlanning: false,
      base: admission.base,
    }
    try {
      await recover(held)
    } catch (error) {
      // Who cannot go on must not keep others waiting for the end of its lease.
      await writer.write(released(writer.head), 'release').catch(() => {})
      throw error
    }
    return new Coordinator(held)
  }

  get head(): Head {
    return this.#held.writer.head
  }
  /** Whether the batch that failed last failed before it was known what it would be. */
  get failedToPlan(): boolean {
    return this.#held.isPlanning
  }
  /** The last committed manifest. */
  get manifest(): Manifest | null {
    return this.#held.base
  }

  /**
   * Runs the next batch and returns its manifest: at `tick`, or, where a plan was left open, at the tick of that, which
   * may be an earlier one. Throws what kept it from committing; the head is then unchanged, or holds the plan open.
   */
  runBatch(tick: number): Promise<Manifest> {
    return runBatch(this.#held, tick)
  }

  /** A last try of what outputs owe, before an orderly end; what is owed still is reported. */
  deliverAtLast(): Promise<void> {
    return deliverAtLast(this.#held)
  }

  async close(): Promise<void> {
    await this.#held.sweeper.settled()
    await this.#held.writer.write(released(this.head), 'release')
  }
}

/** Who lives for a few batches tries everything with each of them. */
const outageSettings = ({ isPatient, program }: CoordinatorOptions): OutageSettings =>
  isPatient ? program.settings.outages : { hold: 'none', waitMs: 0, waitMaxMs: 0, backlogMax: 16 }

const leaseUntil = ({ host, intervalMs, leaseUntil: known }: CoordinatorOptions, takeovers = 0): number =>
  known?.() ?? host.clock.now() + leaseMs(intervalMs, takeovers)

interface Acquired {
  readonly found: Versioned<Head>
  readonly admission: Admission
}

async function acquire(options: CoordinatorOptions): Promise<Acquired> {
  const { host, app, holder, isGone, conf } = options
  const name = conf['spark.app.name']
  const found = checkedHead(await host.head.read())
  const decision = decideStart(found?.value ?? null, {
    app,
    ...(name === undefined ? {} : { name }),
    holder,
    now: host.clock.now(),
    isGone,
  })
  switch (decision.kind) {
    case 'create': {
      if (!options.fresh) await assertNothingStored(options)
      return createHead(options, 0, 'create')
    }
    case 'foreign':
      throw new SluiceError(
        'E_FOREIGN_APP',
        `This directory belongs to the app "${decision.app}", not to "${name ?? app}".`,
        {
          did: 'nothing was started',
          next: ['use another --dir', `run the app "${decision.app}"`],
        },
      )
    case 'busy':
      throw new SluiceError('E_BUSY', `"${app}" is already running: ${decision.holder}.`, {
        did: 'nothing was started',
        retry: true,
        next: ['stop the other one first', 'use another --dir'],
      })
    case 'halted': {
      if (options.fresh) return createHead(options, found!.rev, 'recreate')
      if (options.resume) return takeOver(options, found!, 'resume')
      throw new SluiceError('E_HALTED', `"${app}" was halted: ${decision.reason}.`, {
        did: 'nothing was started',
        next: ['sluice verify <dir>', 'start again with --resume'],
      })
    }
    case 'acquire':
      return options.fresh ? createHead(options, found!.rev, 'recreate') : takeOver(options, found!, 'acquire')
  }
}

async function takeOver(
  options: CoordinatorOptions,
  found: Versioned<Head>,
  cause: 'acquire' | 'resume',
): Promise<Acquired> {
  const { host, program, holder, conf } = options
  const outputCommands = await readOutputCommands(host.blobs, new ObjectKeys(found.value.app, found.value.inc))
  const admission = await admit({ ...options, outputCommands }, found.value)
  const mine = acquired(found.value, {
    holder,
    leaseUntil: leaseUntil(options, found.value.idle ?? 0),
    graph: program.fingerprint,
    conf,
    ...admission.origin,
  })
  return {
    found: await write(options, found.rev, cause === 'resume' ? resumed(mine) : mine, cause, found.value),
    admission,
  }
}

/** The first batch ends at the next point of the epoch's grid that lies strictly ahead (parity A0.3). */
async function createHead(options: CoordinatorOptions, rev: number, cause: 'create' | 'recreate'): Promise<Acquired> {
  const { app, host, program, intervalMs, conf, holder } = options
  const zeroTime = Math.floor(host.clock.now() / intervalMs) * intervalMs
  const head = created({
    app,
    inc: host.random.newId(),
    graph: program.fingerprint,
    intervalMs,
    zeroTime,
    conf,
    holder,
    leaseUntil: leaseUntil(options),
  })
  return { found: await write(options, rev, head, cause), admission: admitAnew(options, zeroTime) }
}

/** Objects without a head: it was lost, and a new one would count from nothing, on top of what sinks have seen. */
async function assertNothingStored({ app, host }: CoordinatorOptions): Promise<void> {
  const keys = await host.blobs.list(`${app}/`)
  // Somebody may be creating it at this very moment.
  if (keys.length === 0 || (await host.head.read()) !== null) return
  throw new SluiceError('E_HEAD_LOST', `There is no head of "${app}", but ${keys.length} of its objects are there.`, {
    where: { detail: keys[0] },
    did: 'nothing was started or deleted',
    next: ['restore the head from a backup', `begin anew: --fresh, or on AWS delete the objects below ${app}/`],
  })
}

async function write(
  options: CoordinatorOptions,
  rev: number,
  head: Head,
  cause: Cause,
  before: Head | null = null,
): Promise<Versioned<Head>> {
  checkSize(head, cause, options.host.log, before)
  if ((await options.host.head.cas(rev, head, cause)) === 'written') return { rev: rev + 1, value: head }
  const found = await options.host.head.read()
  if (found?.value.holder === options.holder && found.value.epoch === head.epoch && found.value.inc === head.inc)
    return found
  throw new SluiceError(
    'E_BUSY',
    `"${options.app}" was taken by another process at the same moment: ${found?.value.holder ?? 'unknown'}.`,
    { did: 'nothing was started', retry: true, next: ['start again'] },
  )
}

/**
 * Brings the world level with the head: outputs of a committed batch that were not confirmed, then what earlier runs
 * owe.
 */
async function recover(held: HeldApp): Promise<void> {
  await findLeftovers(held)
  await deliverOwed(held)
  if (decideDuty(held.writer.head).kind === 'deliver') await deliver(held, held.base!)
}

/**
 * Finds commands about dead letters, and objects that no manifest names: attempts that died, and all of former
 * incarnations. Those are swept once the floor has passed.
 */
async function findLeftovers(held: HeldApp): Promise<void> {
  const { app, inc, committed, manifest, plan, owed } = held.writer.head
  const live = new Set([manifest?.key, plan?.content.key, ...owed.map((each) => each.manifest.key)])
  if (held.base) for (const ref of refsOf(held.base)) live.add(ref.key)
  for (const each of owed) {
    const content = await readManifest(held.host.blobs, each.manifest)
    for (const ref of refsOf(content)) live.add(ref.key)
    // Whether or not it is its turn in this life: the last of them may be of the manifest that the next batch replaces.
    held.sweeper.pin(each.manifest, content, each.output)
  }
  const found = (await held.host.blobs.list(ObjectKeys.ofApp(app))).map((key) => ({ key, parsed: parseKey(key) }))
  const [own, former] = [
    found.filter(({ parsed }) => parsed?.inc === inc),
    found.filter(({ parsed }) => parsed?.inc !== inc).map(({ key }) => key),
  ]
  held.letterCommands = await readCommands(
    held.host.blobs,
    own.filter(({ parsed }) => parsed?.kind === 'dead-letter-command').map(({ key }) => key),
  )
  // Sources sweep what they were given room for themselves.
  const isSwept = (kind: ObjectKind): boolean => !['dead-letter-command', 'output-command', 'received'].includes(kind)
  held.sweeper.discard(
    own.filter(({ key, parsed }) => !live.has(key) && isSwept(parsed!.kind)).map(({ key }) => key),
    committed,
  )
  held.sweeper.discard(former, 0)
}
