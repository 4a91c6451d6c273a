import type { ErrorCode } from '../model/error-codes.ts'
import type { Host } from '../host/host.ts'
import { silentLog } from '../host/log.ts'
import type { Random } from '../host/random.ts'
import { SeededRandom } from '../adapters/local/seeded-random.ts'
import { hasCode, messageOf } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import { BatchLoop } from '../runtime/coordinator/batch-loop.ts'
import { openCoordinator } from '../hosts/program/open-coordinator.ts'
import { type Ports, SIMULATED } from './ports.ts'
import { inlineFor, SimWorkers, type WorkerFacts } from './sim-launcher.ts'
import { seedOf } from './seed-of.ts'
import { SimProcess } from './sim-process.ts'
import { stackOf } from './stackless.ts'
import type { Report, WatchedStores } from './stores.ts'
import type { Subject, SubjectRun } from './subject.ts'

interface ClusterOptions {
  readonly subject: Pick<Subject, 'app' | 'intervalMs'>
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
  readonly #coordinators: SimProcess[] = []
  #started = 0
  #loop: BatchLoop | null = null

  constructor(options: ClusterOptions) {
    this.#options = options
    const { workers, ports, random } = options
    this.#workers =
      workers === 0 ? null : new SimWorkers(workers, ports, random, (process) => this.#workerFacts(process))
  }

  /** Looks every half second whether a coordinator runs. */
  supervise(): void {
    const { ports, random, pace } = this.#options
    if (!this.#coordinators.some((process) => process.isAlive && !process.isPaused)) this.start()
    ports.world.after((300 + random.next() * 400) * pace, () => this.supervise())
  }

  /** One more coordinator, on top of what runs: also what a doubled tick does. */
  start(): void {
    const { ports, report } = this.#options
    const process = new SimProcess(`coordinator-${++this.#started}`, ports.world, (ended) => this.#dead.add(ended.name))
    this.#coordinators.push(process)
    this.#coordinate(process)
      .catch((error: unknown) => {
        ports.trace.add(ports.world.now(), `${process.name} ends: ${String(error)}`)
        if (hasCode(error, 'E_BUSY')) this.#options.run.refused?.(process)
        if (!isExpected(error)) report('unexpected error', `${process.name}: ${stackOf(error)}`)
      })
      .finally(() => process.end())
  }

  /** Ends every process at once, paused ones too: the rest of the run shows what the stores alone remember. */
  killAll(): void {
    for (const process of this.#coordinators) process.end()
  }

  /** Lets the running coordinator stop as it does when asked to. */
  stop(): void {
    this.#loop?.stop()
  }

  async #coordinate(process: SimProcess): Promise<void> {
    const { subject, run, ports, stores, noticesDeath } = this.#options
    const host = this.#hostOf(process)
    const { context, program } = await run.build(process)
    await process.running()
    const facts = { program, host }
    const full: Host<Head> = {
      ...host,
      head: ports.head(process, stores.head),
      launcher: this.#workers?.launcherFor(process) ?? inlineFor(process, ports, facts),
    }
    const epoch = stores.current?.epoch ?? 0
    const { coordinator } = await openCoordinator({
      app: subject.app,
      context,
      program,
      host: full,
      attempts: 4,
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
      onOutputError: (error) => this.#note(process, error),
      unlimited: true,
    })
    this.#countTakeover(process, epoch)
    const loop = new BatchLoop({
      coordinator,
      clock: full.clock,
      log: silentLog,
      catchUpMax: program.settings.catchUpMax,
      batchesMax: null,
      onBatch: () => ports.count('batch'),
      onError: (error) => {
        ports.count('batch failed')
        this.#note(process, error)
      },
    })
    this.#loop = loop
    await loop.run()
    await coordinator.close()
  }

  #countTakeover(process: SimProcess, epoch: number): void {
    const { ports } = this.#options
    if (epoch === 0) return
    ports.count('takeover')
    if (this.#coordinators.some((other) => other !== process && other.isAlive))
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
    return { program, host: this.#hostOf(process) }
  }
}

/** What faults lead to; anything else is a bug. */
const EXPECTED: readonly ErrorCode[] = [
  'E_BUSY',
  'E_FENCED',
  'E_HEAD_UNREACHABLE',
  'E_OUTPUT',
  'E_BLOB_MISSING',
  'E_TASK_LOST',
  'E_TASK_ANSWER',
]
const isExpected = (error: unknown): boolean =>
  EXPECTED.some((code) => hasCode(error, code)) || messageOf(error).includes(SIMULATED)
