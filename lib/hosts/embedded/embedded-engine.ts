import { join } from 'node:path'
import type { Host } from '../../host/host.ts'
import { SluiceError } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { Time } from '../../model/time.ts'
import { loadedLater } from '../../model/loaded-later.ts'
import { fingerprint } from '../../plan/fingerprint.ts'
import { BatchLoop } from '../../runtime/coordinator/batch-loop.ts'
import type { Coordinator } from '../../runtime/coordinator/coordinator.ts'
import { TaskProgram } from '../../runtime/task/program.ts'
import { PastBatches } from '../program/past-batches.ts'
import type { Receivers } from '../program/receivers.ts'
import { settingWarnings } from '../../model/settings/check.ts'
import type { DStream } from '../../api/dstream/dstream.ts'
import type { Engine } from '../../api/dstream/engine.ts'
import type { RDD } from '../../api/rdd/rdd.ts'
import { rememberGraph } from '../../api/dstream/recovery.ts'
import { rememberDurations } from '../../graph/remember.ts'
import type { StreamingContext } from '../../api/dstream/streaming-context.ts'
import {
  embeddedOptions,
  type EmbeddedOptions,
  holderIsGone,
  folderOfApp,
  openStores,
  thisHolder,
} from './embedded-host.ts'
import { unlessAsleep } from './asleep.ts'
import { openCoordinator } from '../program/open-coordinator.ts'
import { directories } from './directories.ts'
import { HeapWatch } from './heap-watch.ts'
import { madeReady } from './made-ready.ts'
import { LongBatches } from './long-batches.ts'
import { newLauncher } from './launchers.ts'
import { startingEvent } from './starting-event.ts'
import { checkStandIns } from './stand-ins.ts'

const soundHistory = loadedLater(() => import('./sound-history.ts'))

/** Runs a context in this process: head and blobs in memory or in a directory, tasks in this thread or in workers. */
export class EmbeddedEngine implements Engine {
  readonly #context: StreamingContext
  readonly #options: EmbeddedOptions
  readonly #program: TaskProgram
  readonly #watch: LongBatches
  readonly #heap: HeapWatch
  readonly #abort = new AbortController()
  readonly #ready = Promise.withResolvers<void>()
  #app = ''
  #running: Promise<void> = Promise.resolve()
  #loop: BatchLoop | null = null
  #coordinator: Coordinator | null = null
  #receivers: Receivers | null = null
  #past: PastBatches | null = null
  #stopping: 'gracefully' | 'now' | null = null

  constructor(context: StreamingContext, options: EmbeddedOptions = embeddedOptions()) {
    this.#context = context
    this.#options = options
    this.#watch = new LongBatches(options.clock, options.log)
    this.#heap = new HeapWatch(options.log, 'This process', () => this.#coordinator?.manifest ?? null)
    this.#program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  }

  get coordinator(): Coordinator | null {
    return this.#coordinator
  }
  get receivers(): Receivers | null {
    return this.#receivers
  }

  start(): void {
    const { checkpointDir, graph } = this.#context
    checkStandIns(graph)
    if (checkpointDir) rememberGraph(checkpointDir, graph)
    this.#context.sparkContext.overwriteOutput = true
    this.#options.log.event(startingEvent(this.#context, this.#directory, !this.#beginsAnew))
    this.#warnOfSettings()
    this.#warnOfOneThread()
    this.#warnOfLetters()
    const running = this.#context.sparkContext.withPropertiesOfNow(() => unlessAsleep(this.#run()))
    this.#running = running.catch((error: unknown) => this.#context.reportError(error))
  }

  /** A classic program that only names a checkpoint directory begins anew each time, as in Spark. */
  get #beginsAnew(): boolean {
    return this.#options.dir === null && !this.#context.recovers && !this.#context.hosted
  }

  #warnOfSettings(): void {
    for (const message of settingWarnings(this.#context.sparkContext.conf, process.env))
      this.#options.log.event({ type: 'setting', level: 'warn', message })
  }

  /** Spark's warning; here a receiver takes no thread away, but the program would starve where it comes from. */
  #warnOfOneThread(): void {
    const { master } = this.#context.sparkContext
    const receives = this.#context.graph.inputs.some((input) => input.source.receiver)
    if (!receives || !/^local(\[1\])?$/.test(master)) return
    this.#options.log.event({
      type: 'one-thread',
      level: 'warn',
      message:
        'spark.master should be set as local[n], n > 1 in local mode if you have receivers to get data (it ' +
        `is ${master}); here it runs all the same`,
    })
  }

  #warnOfLetters(): void {
    if (this.#directory !== null || this.#program.settings.onError !== 'dead-letter') return
    this.#options.log.event({
      type: 'letters-in-memory',
      level: 'warn',
      message:
        'records that make a function fail are set aside and shown, and go with this process: give --dir <directory> ' +
        'to keep them (sluice dead list, show, retry)',
    })
  }

  async #run(): Promise<void> {
    await madeReady(this.#context.graph)
    const host = await this.#openHost()
    this.#watch.open()
    this.#heap.open()
    try {
      const coordinator = await this.#open(host)
      this.#options.log.event({
        type: 'ready',
        committed: coordinator.head.committed,
        tick: coordinator.head.tick,
        zeroTime: coordinator.head.zeroTime,
      })
      await this.#batches(host, coordinator)
      await coordinator.close()
    } finally {
      this.#watch.close()
      this.#heap.close()
      await host.launcher.close()
      await host.head.close()
    }
  }

  async #batches(host: Host<Head>, coordinator: Coordinator): Promise<void> {
    const { batchesMax, skipMissed } = this.#options
    const catchUpMax = skipMissed ? 1 : this.#program.settings.catchUpMax
    this.#loop = new BatchLoop({
      coordinator,
      clock: host.clock,
      log: host.log,
      catchUpMax,
      batchesMax,
      onBatch: (manifest) => this.#onBatch(manifest),
      onError: (error) => this.#failed(error),
      onWait: (error, waitMs) => this.#waits(error, waitMs),
      patience: { firstMs: 200, mostMs: 60_000, attemptsMax: this.#program.settings.sourceAttemptsMax },
    })
    this.#ready.resolve()
    if (this.#stopping === 'now') return
    void this.#receivers!.exhausted.then(() => this.#context.stop(true, true))
    await this.#receivers!.start(coordinator.head, coordinator.manifest)
    this.#context.listeners.post('onStreamingStarted', { time: host.clock.now() })
    if (this.#stopping) await this.#wind(this.#stopping === 'gracefully')
    await this.#loop.run()
    await this.#receivers!.stop(false)
    for (const failure of this.#receivers!.failures()) this.#failed(failure)
    if (!this.#abort.signal.aborted) await coordinator.deliverAtLast()
    if (batchesMax !== null && !this.#stopping) queueMicrotask(() => void this.#context.stop())
  }

  async #openHost(): Promise<Host<Head>> {
    const { clock, random, log, sync } = this.#options
    this.#app = await folderOfApp(this.#directory, this.#context.sparkContext.appName)
    const stores = await openStores(this.#directory, this.#app, sync)
    const { resume, fresh } = this.#options
    if (this.#directory !== null && !resume && !fresh && !this.#beginsAnew)
      await (await soundHistory()).assertSoundHistory(stores.head, stores.blobs, join(this.#directory, this.#app))
    const watch = this.#watch
    const launcher = await newLauncher(this.#program, { ...stores, clock, random, log, watch }, this.#options, {
      dir: this.#directory,
      app: this.#app,
      // Spark has no such limit. It takes a thread of its own to be kept.
      deadlineMs: this.#program.settings.taskTimeoutMs,
    })
    return { clock, random, log, ...stores, launcher, watch }
  }

  /** `null`: everything is in memory. */
  get #directory(): string | null {
    return this.#options.dir ?? this.#context.checkpointDir
  }

  async #open(host: Host<Head>): Promise<Coordinator> {
    const { graph, sparkContext } = this.#context
    const { resume, dropState, write, fresh } = this.#options
    const { coordinator, receivers } = await openCoordinator({
      app: this.#app,
      context: this.#context,
      program: this.#program,
      host,
      attempts: 1,
      isPatient: true,
      forgets: this.#directory === null,
      holder: thisHolder(host.random.newId()),
      isGone: holderIsGone,
      start: { fresh: fresh || this.#beginsAnew, resume, dropState },
      environment: (head) => ({
        app: head.app,
        inc: head.inc,
        write,
        files: directories,
        driver: sparkContext,
        clock: host.clock,
        signal: this.#abort.signal,
      }),
      onOutputError: (error) => this.#context.reportError(error),
      signal: this.#abort.signal,
    })
    this.#receivers = receivers
    this.#past = new PastBatches(host, this.#program, Math.max(...rememberDurations(graph).values()))
    this.#coordinator = coordinator
    this.#past.add(coordinator.manifest)
    return coordinator
  }

  async #onBatch(manifest: Manifest): Promise<void> {
    this.#past!.add(manifest)
    await this.#receivers!.committed(manifest)
    // Somebody else's turn: in a catch-up, batches follow each other without a pause.
    await new Promise((resolve) => setImmediate(resolve))
  }

  #waits(error: SluiceError, waitMs: number): void {
    const { code, message, where } = error
    const what = [where.operator, where.batch === undefined ? undefined : `batch ${where.batch}`]
    const about = what.filter((part) => part !== undefined).join(', ') || code
    const words = `${about}: ${message} (${code}); tried again in ${Math.round(waitMs / 100) / 10} s`
    this.#options.log.event({ type: 'batch-waits', level: 'warn', code, waitMs, message: words })
  }

  #failed(error: unknown): void {
    this.#options.log.event({ type: 'error', error })
    this.#context.reportError(error)
  }

  /** Resolves when every batch that is due has run, or nothing runs any more. */
  async caughtUp(): Promise<void> {
    await Promise.race([this.#ready.promise, this.#running])
    if (this.#loop) await Promise.race([this.#loop.caughtUp(), this.#running])
  }

  async stop(graceful: boolean): Promise<void> {
    this.#stopping = graceful ? 'gracefully' : 'now'
    if (!graceful) this.#abort.abort()
    await this.#wind(graceful)
    await this.#running
  }

  /** Gracefully: no more input, then the batch under way or the next one, and more until all received data is taken. */
  async #wind(graceful: boolean): Promise<void> {
    const remaining = graceful ? this.#loop?.remaining() : undefined
    if (remaining) this.#options.log.event({ type: 'stopping', ...remaining })
    await this.#receivers?.stop(graceful)
    if (graceful) this.#loop?.finish(remaining?.tick, () => this.#receivers!.waiting() === 0)
    else this.#loop?.stop()
  }

  elapse(ms: number): Promise<void> {
    const { clock } = this.#options
    return clock.sleepUntil(clock.now() + ms)
  }

  async slice<T>(stream: DStream<T>, from: Time, to: Time): Promise<RDD<T>[]> {
    if (!this.#past || !this.#coordinator)
      throw new SluiceError('E_NOT_INITIALISED', 'This DStream has not been initialized', {
        did: 'nothing was computed',
        spark: 'SparkException',
        next: ['wait for the first batch'],
      })
    return this.#past.slice(stream, from, to, this.#coordinator)
  }
}
