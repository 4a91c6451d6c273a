import type { ErrorCode } from '../model/error-codes.ts'
import type { Host } from '../host/host.ts'
import { silentLog } from '../host/log.ts'
import type { Random } from '../host/random.ts'
import { SeededRandom } from '../adapters/local/seeded-random.ts'
import { hasCode, messageOf } from '../model/errors.ts'
import { changeControl } from '../checkpoint/control.ts'
import type { Pause } from '../model/control.ts'
import type { Head } from '../model/head.ts'
import type { Circumstances } from './circumstances.ts'
import { OutputProcesses } from './output-processes.ts'
import { collectGarbage } from '../runtime/coordinator/collect-garbage.ts'
import { BatchLoop } from '../runtime/coordinator/batch-loop.ts'
import type { Life } from '../runtime/batch/handover.ts'
import { openCoordinator } from '../hosts/program/open-coordinator.ts'
import { type Ports, SIMULATED } from './ports.ts'
import { inlineFor, SimWorkers, type WorkerFacts } from './sim-launcher.ts'
import { seedOf } from './seed-of.ts'
import { SimProcess } from './sim-process.ts'
import { stackOf } from './stackless.ts'
import type { Report, WatchedStores } from './stores.ts'
import type { Subject, SubjectRun } from './subject.ts'

interface ClusterOptions {
  readonly subject: Pick<Subject, 'app' | 'intervalMs' | 'circumstances'>
  readonly run: SubjectRun
  readonly seed: number
  /** 0: tasks run inside the coordinator. */
  readonly workers: number
  /** Whether somebody knows at once that a process is dead; otherwise its lease must run out. */
  readonly noticesDeath: boolean
  readonly ports: Ports
  readonly stores: WatchedStores
  readonly random: Random
  readonly report: Report
  /** How much slower than for short intervals everything happens. */
  readonly pace: number
}

/**
 * Keeps one coordinator running: when it ends or stands still, another one starts, whatever the first may still do
 * later.
 */
export class Cluster {
  readonly #options: ClusterOptions
  readonly #workers: SimWorkers | null
  readonly #dead = new Set<string>()
  readonly #coordinators: { readonly process: SimProcess; readonly host: number }[] = []
  readonly #others: SimProcess[] = []
  readonly #circumstances: Circumstances
  readonly #outputs: OutputProcesses | null
  /** The oldest tick that each coordinator may run, of those that were missed. */
  readonly #oldest = new Map<string, { readonly tick: number; readonly max: number }>()
  #started = 0
  #loop: BatchLoop | null = null
  #restsUntil = 0

  constructor(options: ClusterOptions) {
    this.#options = options
    const { workers, ports, random, subject, stores } = options
    this.#circumstances = subject.circumstances ?? {}
    this.#workers =
      workers === 0
        ? null
        : new SimWorkers(workers, ports, random, (process) => this.#workerFacts(process), this.#circumstances.taskMs)
    this.#outputs = this.#circumstances.asked
      ? new OutputProcesses({ ...options, start: (process) => this.#workerFacts(process) })
      : null
    stores.onCommit = (before, head) => this.#checkTick(before, head)
  }

  /** Looks every half second whether a coordinator runs, on each host. */
  supervise(): void {
    for (let host = 0; host < (this.#circumstances.hosts ?? 1); host++) this.#supervise(host)
    if (this.#circumstances.brief) this.#collectLater()
  }

  /** Who lives for one batch deletes nothing: somebody else does, now and then. */
  #collectLater(): void {
    const { ports, random, pace, stores, subject } = this.#options
    ports.world.after((1000 + random.next() * 4000) * pace, () => {
      const process = new SimProcess(`collector-${++this.#started}`, ports.world, () => {})
      this.#others.push(process)
      collectGarbage(subject.app, { ...this.#hostOf(process), head: ports.head(process, stores.head) })
        .then(({ deleted }) => deleted > 0 && ports.count('garbage collected'))
        .catch((error: unknown) => this.#note(process, error))
        .finally(() => process.end())
      this.#collectLater()
    })
  }

  #supervise(host: number): void {
    const { ports, random, pace } = this.#options
    const runs = this.#coordinators.some(
      ({ process, host: own }) => own === host && process.isAlive && !process.isPaused,
    )
    if (!runs) this.start(host)
    ports.world.after((300 + random.next() * 400) * pace, () => this.#supervise(host))
  }

  /** Nobody runs for a while, as in an outage of the whole place. */
  rest(ms: number): void {
    const { ports } = this.#options
    ports.count('break')
    this.#restsUntil = ports.world.now() + ms
    this.killAll()
  }

  /** Somebody pauses the app for a while: whoever runs begins no batch. */
  pause(ms: number): void {
    const { ports, stores } = this.#options
    ports.count('paused')
    const { world } = ports
    const pausing = (paused: Pause | null): void =>
      void changeControl(stores.control, (control) => ({ ...control, paused }), 'pause')
    pausing({ since: world.now(), by: 'somebody' })
    world.after(ms, () => pausing(null))
  }

  /** One more coordinator, on top of what runs: also what a doubled tick does. */
  start(host = 0): void {
    const { ports, report } = this.#options
    if (ports.world.now() < this.#restsUntil) return
    const name = `coordinator-${++this.#started}`
    const process = new SimProcess(name, ports.world, (ended) => this.#dead.add(ended.name), this.#clockOffMs(host))
    this.#coordinators.push({ process, host })
    this.#coordinate(process)
      .catch((error: unknown) => {
        ports.trace.add(ports.world.now(), `${process.name} ends: ${String(error)}`)
        if (hasCode(error, 'E_BUSY')) {
          ports.count('busy')
          this.#options.run.refused?.(process)
        }
        if (!isExpected(error)) report('unexpected error', `${process.name}: ${stackOf(error)}`)
      })
      .finally(() => process.end())
  }

  #clockOffMs(host: number): number {
    const { clockOffMs = 0 } = this.#circumstances
    if (clockOffMs === 0) return 0
    const random = new SeededRandom(seedOf(`${this.#options.seed} clock of host ${host}`))
    return Math.round((random.next() * 2 - 1) * clockOffMs)
  }

  /**
   * No more missed ticks are run again than the settings say, and none is skipped without need. A plan that was left
   * open is of the tick that it is of.
   */
  #checkTick(before: Head, { tick, holder, committed, zeroTime, intervalMs }: Head): void {
    const { ports, report } = this.#options
    const oldest = holder === null ? undefined : this.#oldest.get(holder)
    if (oldest === undefined || before.plan) return
    if (tick < oldest.tick)
      report('catch-up', `batch ${committed} is of tick ${tick}; the oldest was to be ${oldest.tick}`)
    const current = Math.floor((ports.world.now() - zeroTime) / intervalMs)
    if (tick > before.tick + 1 && tick > current - oldest.max + 1)
      report(
        'catch-up',
        `batch ${committed} is of tick ${tick}, the one before of ${before.tick}; it is ${current} now`,
      )
  }

  /** Ends every process at once, paused ones too: the rest of the run shows what the stores alone remember. */
  killAll(): void {
    for (const { process } of this.#coordinators) process.end()
    for (const process of this.#others) process.end()
  }

  /** Lets the running coordinator stop as it does when asked to. */
  stop(): void {
    this.#loop?.stop()
  }

  async #coordinate(process: SimProcess): Promise<void> {
    const { subject, run, ports, stores, noticesDeath, report } = this.#options
    const host = this.#hostOf(process)
    const { context, program } = await run.build(process)
    await process.running()
    const facts = { program, host }
    const full: Host<Head> = {
      ...host,
      head: ports.head(process, stores.head),
      control: stores.control,
      launcher: this.#workers?.launcherFor(process) ?? inlineFor(process, ports, facts),
    }
    const epoch = stores.current?.epoch ?? 0
    const { attempts = 4, handover = null, patient = false, brief = false, clockOffMs } = this.#circumstances
    const life = this.#life(full)
    const stays = this.#stays(process)
    const { coordinator, receivers } = await openCoordinator({
      app: subject.app,
      context,
      program,
      host: full,
      attempts,
      isPatient: patient,
      isBrief: brief,
      sweeps: !brief,
      // Some batches are one task, and some are spread.
      ...(brief ? { fanOut: { taskBytes: 6, inlineBytes: 4096 } } : {}),
      holder: process.name,
      isGone: (holder) => noticesDeath && this.#dead.has(holder),
      environment: (head) => ({
        app: head.app,
        inc: head.inc,
        write: () => {},
        clock: full.clock,
        files: { write: async () => {} },
        driver: context.sparkContext,
      }),
      ...(this.#outputs ? { publisher: (head: Head) => this.#outputs!.publisherFor(process, head) } : {}),
      onOutputError: (error) => this.#note(process, error),
      unlimited: true,
      ...(life ? { life } : {}),
      leavesPaused: !stays,
    })
    this.#countTakeover(process, epoch)
    await receivers.start(coordinator.head, coordinator.manifest)
    const { catchUpMax } = program.settings
    const loop = new BatchLoop({
      coordinator,
      clock: full.clock,
      log: silentLog,
      catchUpMax,
      batchesMax: handover,
      whenPaused: stays ? 'wait' : 'end',
      onBatch: async (manifest) => {
        ports.count('batch')
        await receivers.committed(manifest)
      },
      onError: (error) => {
        ports.count(hasCode(error, 'E_HANDED_OVER') ? 'handed over in a batch' : 'batch failed')
        if (attempts === 1) this.#workers?.checkPatience(process, error, report)
        this.#note(process, error)
      },
    })
    const { zeroTime, intervalMs } = coordinator.head
    const current = Math.floor((ports.world.now() - zeroTime) / intervalMs)
    if (clockOffMs === undefined) this.#oldest.set(process.name, { tick: current - catchUpMax + 1, max: catchUpMax })
    this.#loop = loop
    if (life) void full.clock.sleepUntil(life.launchUntil).then(() => loop.stop())
    await loop.run()
    if (handover !== null) ports.count('handover')
    await receivers.stop(false)
    await coordinator.close()
  }

  /** Whether it waits while the app is paused, as a process on a machine does, or leaves, as functions do. */
  #stays({ name }: SimProcess): boolean {
    return new SeededRandom(seedOf(`${this.#options.seed} ${name} when paused`)).next() < 0.5
  }

  /** As functions live: some part of the longest life, which long batches do not fit into. */
  #life({ clock, random }: Host<Head>): Life | null {
    const { lifeMs } = this.#circumstances
    if (lifeMs === undefined) return null
    const ms = lifeMs * (0.5 + random.next() / 2)
    return { launchUntil: clock.now() + 0.75 * ms, sealAt: clock.now() + 0.9 * ms }
  }

  #countTakeover(process: SimProcess, epoch: number): void {
    const { ports } = this.#options
    if (epoch === 0) return
    ports.count('takeover')
    if (this.#coordinators.some(({ process: other }) => other !== process && other.isAlive))
      ports.count('takeover while the old one runs')
  }

  #note(process: SimProcess, error: unknown): void {
    const { ports, report } = this.#options
    ports.trace.add(ports.world.now(), `${process.name} notes: ${String(error)}`)
    if (hasCode(error, 'E_FENCED')) ports.count('fenced')
    if (!isExpected(error)) report('unexpected error', `${process.name}: ${stackOf(error)}`)
  }

  #hostOf(process: SimProcess): WorkerFacts['host'] {
    const { ports, stores, seed } = this.#options
    return {
      clock: ports.clock(process),
      random: new SeededRandom(seedOf(`${seed} ${process.name}`)),
      log: silentLog,
      blobs: ports.blobs(process, stores.blobs),
    }
  }

  async #workerFacts(process: SimProcess): Promise<WorkerFacts> {
    const { program } = await this.#options.run.build(process)
    // Not enough for all of the larger states: some are read again.
    program.state.keepAtMost(WARM_BYTES)
    return { program, host: this.#hostOf(process) }
  }
}

const WARM_BYTES = 8 * 1024

/** What faults lead to; anything else is a bug. */
const EXPECTED: readonly ErrorCode[] = [
  'E_BUSY',
  'E_PAUSED',
  'E_FENCED',
  'E_HANDED_OVER',
  'E_HEAD_UNREACHABLE',
  'E_OUTPUT',
  'E_OUTPUT_BACKLOG',
  'E_BLOB_MISSING',
  'E_TASK_LOST',
  'E_TASK_TIMEOUT',
  'E_TASK_ANSWER',
]
const isExpected = (error: unknown): boolean =>
  EXPECTED.some((code) => hasCode(error, code)) || messageOf(error).includes(SIMULATED)
