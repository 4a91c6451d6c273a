import type { TickNumber } from '../../model/ids.ts'
import { decideDuty } from '../../checkpoint/decide.ts'
import { readCommands } from '../../checkpoint/dead-letters.ts'
import { readManifest, refsOf } from '../../checkpoint/manifest.ts'
import { ObjectKeys, type ObjectKind, parseKey } from '../../checkpoint/object-keys.ts'
import { Sweeper } from '../../checkpoint/sweep.ts'
import { released } from '../../checkpoint/transition.ts'
import { hasCode } from '../../model/errors.ts'
import type { Pause } from '../../model/control.ts'
import type { Head } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import { textsOf } from '../../model/settings/read.ts'
import { deliver, deliverAtLast, deliverOwed } from '../batch/deliver.ts'
import type { HeldApp } from '../batch/held-app.ts'
import { withHeartbeat } from '../batch/heartbeat.ts'
import { keysOfSeals, storedSeals } from '../batch/handover.ts'
import { runBatch } from '../batch/run-batch.ts'
import { Outages } from '../batch/outages.ts'
import { type EngineSettings, engineSettings, type OutageSettings } from '../settings.ts'
import { acquireHead } from './acquire-head.ts'
import { ControlWatch } from './control-watch.ts'
import type { CoordinatorOptions } from './coordinator-options.ts'

/** Holds the head of one app and runs its batches, one at a time. */
export class Coordinator {
  readonly #held: HeldApp
  readonly #fenced: AbortController
  readonly #control: ControlWatch

  private constructor(held: HeldApp, fenced: AbortController) {
    this.#held = held
    this.#fenced = fenced
    this.#control = new ControlWatch(held.host)
  }

  /** Acquires the head, recovers what the last coordinator left, and is ready for the next tick. */
  static async open(options: CoordinatorOptions): Promise<Coordinator> {
    const { host, program, planner } = options
    const settings = engineSettings(textsOf(program.conf))
    const { writer, admission } = await acquireHead(options)
    // A life that ended before its first commit has left its input to this one.
    const begun = writer.head.epoch === 1 || writer.head.committed > 0
    const fenced = new AbortController()
    const sweeper = new Sweeper(host.blobs, host.log, settings.keepBatches)
    const held: HeldApp = {
      host,
      program,
      planner,
      writer,
      sweeper,
      publisher: options.publisher(writer.head),
      events: options.events,
      outages: new Outages(host.clock, outageSettings(options, settings)),
      signal: AbortSignal.any([options.signal, fenced.signal]),
      life: options.life,
      attemptsMax: settings.attemptsMax ?? options.attempts,
      speculation: settings.speculation,
      limits: options.limits,
      learnedAfter: options.learnedAfter,
      startedAt: begun ? host.clock.now() : writer.head.zeroTime,
      onError: settings.onError,
      forgets: options.forgets ?? false,
      letterCommands: [],
      admission,
      isPlanning: false,
      base: admission.base,
    }
    const coordinator = new Coordinator(held, fenced)
    try {
      await coordinator.#alive(() => recover(held))
    } catch (error) {
      // Who cannot go on must not keep others waiting for the end of its lease.
      await writer.write(released, 'release').catch(() => {})
      throw error
    }
    return coordinator
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

  /** Who has paused the app; `null` while it goes on. Throws `E_CONTROL_CORRUPT`. */
  paused(): Promise<Pause | null> {
    return this.#control.paused(this.head)
  }

  /**
   * Runs the next batch and returns its manifest: at `tick`, or, where a plan was left open, at the tick of that, which
   * may be an earlier one. Throws what kept it from committing; the head is then unchanged, or holds the plan open.
   */
  runBatch(tick: TickNumber): Promise<Manifest> {
    return this.#alive(async () => {
      await this.#held.writer.settle()
      return runBatch(this.#held, tick)
    })
  }

  /** A last try of what outputs owe, before an orderly end; what is owed still is reported. */
  deliverAtLast(): Promise<void> {
    return this.#alive(() => deliverAtLast(this.#held))
  }

  async close(): Promise<void> {
    await this.#held.sweeper.settled()
    await this.#held.writer.write(released, 'release')
  }

  /** `work` of any length: the lease is renewed meanwhile. */
  async #alive<R>(work: () => Promise<R>): Promise<R> {
    const { writer, host } = this.#held
    const fenced = this.#fenced
    const onFenced = (error: unknown): void => fenced.abort(error)
    try {
      return await withHeartbeat({ writer, clock: host.clock, onFenced }, work)
    } catch (error) {
      // Whatever else failed then, failed because of it.
      if (hasCode(fenced.signal.reason, 'E_FENCED')) throw fenced.signal.reason
      throw error
    }
  }
}

/** Who lives for a few batches tries everything with each of them. */
function outageSettings({ isPatient }: CoordinatorOptions, { outages }: EngineSettings): OutageSettings {
  if (isPatient) return outages
  return { hold: 'none', waitMs: 0, waitMaxMs: 0, backlogMax: 16 }
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
  const live = new Set<string | undefined>([
    manifest?.key,
    plan?.content.key,
    plan?.seals?.key,
    ...owed.map((each) => each.manifest.key),
  ])
  if (held.base) for (const ref of refsOf(held.base)) live.add(ref.key)
  for (const key of keysOfSeals(await storedSeals(held))) live.add(key)
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
