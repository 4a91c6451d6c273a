import type { TickNumber } from '../../model/ids.ts'
import { decideDuty } from '../../checkpoint/decide.ts'
import { allOpen, readCommands } from '../../checkpoint/dead-letters.ts'
import { ObjectKeys, parseKey } from '../../checkpoint/object-keys.ts'
import { Sweeper } from '../../checkpoint/sweep.ts'
import { released } from '../../checkpoint/transition.ts'
import { hasCode, messageOf } from '../../model/errors.ts'
import { type Pause, pausedWords } from '../../model/control.ts'
import type { Head } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import { textsOf } from '../../model/settings/read.ts'
import { deliver, deliverAtLast, deliverOwed } from '../batch/deliver.ts'
import type { HeldApp } from '../batch/held-app.ts'
import { runBatch } from '../batch/run-batch.ts'
import { Outages } from '../batch/outages.ts'
import { type EngineSettings, engineSettings, type OutageSettings } from '../settings.ts'
import { acquireHead } from './acquire-head.ts'
import type { CoordinatorOptions } from './coordinator-options.ts'
import { Heart } from './heart.ts'
import { isSwept, liveObjects } from './live-objects.ts'
import { checkedControl } from '../../checkpoint/control.ts'
import type { Host } from '../../host/host.ts'

/** Holds the head of one app and runs its batches, one at a time. */
export class Coordinator {
  readonly #held: HeldApp
  readonly #fenced: AbortController
  readonly #control: ControlWatch
  readonly #heart: Heart

  private constructor(held: HeldApp, fenced: AbortController) {
    const { writer, host } = held
    this.#held = held
    this.#fenced = fenced
    this.#control = new ControlWatch(host)
    this.#heart = new Heart({ writer, clock: host.clock, onFenced: (error) => fenced.abort(error) })
  }

  /** Acquires the head, recovers what the last coordinator left, and is ready for the next tick. */
  static async open(options: CoordinatorOptions): Promise<Coordinator> {
    const { host, program, planner } = options
    const settings = engineSettings(textsOf(program.conf))
    const { writer, admission } = await acquireHead(options)
    // A life that ended before its first commit has left its input to this one.
    const begun = writer.head.epoch === 1 || writer.head.committed > 0
    const fenced = new AbortController()
    const sweeper = new Sweeper(host.blobs, host.log, settings.keepBatches, options.sweeps)
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
      rates: options.rates,
      startedAt: begun ? host.clock.now() : writer.head.zeroTime,
      onError: settings.onError,
      fanOut: options.fanOut,
      manifestInlineMax: options.manifestInlineMax,
      forgets: options.forgets ?? false,
      outputLetters: [],
      letterCommands: [],
      admission,
      isPlanning: false,
      base: admission.base,
    }
    const coordinator = new Coordinator(held, fenced)
    if (options.leavesPaused) coordinator.#control.wentOn(writer.head)
    try {
      await coordinator.#alive(() => recover(held))
    } catch (error) {
      coordinator.#heart.stop()
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
    this.#heart.stop()
    await this.#held.sweeper.settled()
    await this.#held.writer.write(released, 'release')
  }

  /** `work` of any length: the lease is renewed meanwhile. */
  async #alive<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await this.#heart.during(work)
    } catch (error) {
      // Whatever else failed then, failed because of it.
      if (hasCode(this.#fenced.signal.reason, 'E_FENCED')) throw this.#fenced.signal.reason
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
  const { blobs } = held.host
  const { head } = held.writer
  if (!held.sweeper.isActive) {
    // Nobody decides about letters that are not there.
    if (allOpen(head, held.base).length > 0)
      held.letterCommands = await readCommands(blobs, await blobs.list(commandsOf(head)))
    return
  }
  // Whether or not it is its turn in this life: the last of them may be of the manifest that the next batch replaces.
  const live = await liveObjects(head, held.base, blobs, (owed, content) => {
    held.sweeper.pin(owed.manifest, content, owed.output)
  })
  const found = (await blobs.list(ObjectKeys.ofApp(head.app))).map((key) => ({ key, parsed: parseKey(key) }))
  const [own, former] = [
    found.filter(({ parsed }) => parsed?.inc === head.inc),
    found.filter(({ parsed }) => parsed?.inc !== head.inc).map(({ key }) => key),
  ]
  held.letterCommands = await readCommands(
    blobs,
    own.filter(({ parsed }) => parsed?.kind === 'dead-letter-command').map(({ key }) => key),
  )
  held.sweeper.discard(
    own.filter(({ key, parsed }) => !live.has(key) && isSwept(parsed!.kind)).map(({ key }) => key),
    head.committed,
  )
  held.sweeper.discard(former, 0)
}

const commandsOf = ({ app, inc }: Head): string => new ObjectKeys(app, inc).deadLetterCommands

/**
 * Whether somebody has paused the app, as it is asked between batches. While the app goes on, the record is read once
 * an interval; while it is paused, each time.
 */
class ControlWatch {
  readonly #host: Pick<Host<Head>, 'clock' | 'log' | 'control'>
  #interval = -1
  #paused: Pause | null = null

  constructor(host: Pick<Host<Head>, 'clock' | 'log' | 'control'>) {
    this.#host = host
  }

  /** It has been looked at just now, and nobody had paused the app. */
  wentOn(head: Head): void {
    this.#interval = this.#intervalOf(head)
  }

  #intervalOf({ zeroTime, intervalMs }: Head): number {
    return Math.floor((this.#host.clock.now() - zeroTime) / intervalMs)
  }

  /** Who has paused the app; `null` while it goes on. Throws `E_CONTROL_CORRUPT`. */
  async paused(head: Head): Promise<Pause | null> {
    const interval = this.#intervalOf(head)
    if (this.#paused === null && interval === this.#interval) return null
    const { paused } = await this.#read()
    this.#interval = interval
    if ((paused === null) !== (this.#paused === null)) this.#say(paused)
    return (this.#paused = paused)
  }

  /** A table that does not answer now says nothing new: what was known goes on. */
  async #read(): Promise<{ readonly paused: Pause | null }> {
    const { control, log } = this.#host
    try {
      return checkedControl(await control.read()).value
    } catch (error) {
      if (!hasCode(error, 'E_CONTROL_READ')) throw error
      log.event({ type: 'control-unread', level: 'warn', message: messageOf(error) })
      return { paused: this.#paused }
    }
  }

  #say(paused: Pause | null): void {
    this.#host.log.event(
      paused === null
        ? { type: 'resumed', level: 'warn', message: 'goes on: it was resumed' }
        : { type: 'paused', level: 'warn', message: `${pausedWords(paused)}: no batch begins until it is resumed` },
    )
  }
}
