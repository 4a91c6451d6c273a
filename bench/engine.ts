import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { embeddedOptions, openStores } from '../lib/hosts/embedded/embedded-host.ts'
import { newLauncher } from '../lib/hosts/embedded/launchers.ts'
import { openCoordinator } from '../lib/hosts/program/open-coordinator.ts'
import type { BlobStore } from '../lib/host/blob-store.ts'
import type { HeadStore } from '../lib/host/head-store.ts'
import { silentLog } from '../lib/host/log.ts'
import { localDirectories } from '../lib/adapters/local/directories.ts'
import { ManualClock } from '../lib/adapters/local/manual-clock.ts'
import { systemRandom } from '../lib/adapters/local/system-random.ts'
import type { Head } from '../lib/model/head.ts'
import { fingerprint } from '../lib/plan/fingerprint.ts'

import type { Coordinator } from '../lib/runtime/coordinator/coordinator.ts'
import { TaskProgram } from '../lib/runtime/task/program.ts'
import type { Engine } from '../lib/api/dstream/engine.ts'
import { StreamingContext } from '../lib/api/dstream/streaming-context.ts'
import { quantile } from './meter.ts'

export type Store = 'memory' | 'directory'

export interface Driving {
  readonly store?: Store
  /** With threads: how they build the same graph. */
  readonly workers?: { readonly count: number; readonly module: string; readonly args: readonly string[] }
}

const INTERVAL_MS = 1_000

/** A context that is only described: whoever made it runs its batches. */
export const describedContext = (engine: (() => Engine) | null = () => idle): StreamingContext =>
  new StreamingContext({ appName: 'bench', master: 'local[2]' }, INTERVAL_MS, {
    hosted: true,
    ...(engine ? { engine } : {}),
  })

const idle: Engine = { start: () => {}, stop: async () => {}, elapse: async () => {}, slice: async () => [] }

/**
 * Runs the batches of a context one after the other, as fast as they go: the same coordinator, commit and outputs as
 * under `sluice run`, with the clock in our hand. Directories are synced to the disk.
 */
export class Driver {
  readonly #coordinator: Coordinator
  readonly #close: () => Promise<void>
  readonly #errors: unknown[]
  readonly #commits: CommitTimes
  readonly #blobs: BlobStore
  #tick = 0

  static async open(context: StreamingContext, { store = 'memory', workers }: Driving = {}): Promise<Driver> {
    context.start()
    const folder =
      store === 'directory' ? mkdtempSync(join(import.meta.dirname, '..', '.cache', 'bench', 'run-')) : null
    const stores = await openStores(folder, 'bench', true)
    const [clock, random, log] = [new ManualClock(0), systemRandom, silentLog]
    const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
    const options = {
      ...embeddedOptions(),
      workers: workers?.count ?? 0,
      module: workers?.module ?? null,
      args: workers?.args ?? [],
    }
    const launcher = await newLauncher(program, { ...stores, clock, random, log }, options, {
      dir: folder,
      app: 'bench',
      deadlineMs: null,
    })
    const commits = new CommitTimes(stores.head)
    const errors: unknown[] = []
    const { coordinator } = await openCoordinator({
      app: 'bench',
      context,
      program,
      host: { clock, random, log, ...stores, head: commits, launcher },
      attempts: 1,
      holder: 'bench',
      isGone: () => true,
      environment: ({ app, inc }) => ({
        app,
        inc,
        write: () => {},
        files: localDirectories,
        driver: context.sparkContext,
      }),
      onOutputError: (error) => errors.push(error),
      unlimited: true,
    })
    const close = async (): Promise<void> => {
      await coordinator.close()
      await launcher.close()
      await stores.head.close()
      if (folder) rmSync(folder, { recursive: true })
    }
    return new Driver(coordinator, close, errors, commits, stores.blobs)
  }

  private constructor(
    coordinator: Coordinator,
    close: () => Promise<void>,
    errors: unknown[],
    commits: CommitTimes,
    blobs: BlobStore,
  ) {
    this.#coordinator = coordinator
    this.#close = close
    this.#errors = errors
    this.#commits = commits
    this.#blobs = blobs
  }

  async batch(): Promise<void> {
    this.#commits.begun = performance.now()
    await this.#coordinator.runBatch(++this.#tick)
    if (this.#errors.length > 0) throw this.#errors[0]
  }

  /** Records that the sources handed out in the last batch. */
  get records(): number {
    return Object.values(this.#coordinator.manifest!.records).reduce((sum, count) => sum + count, 0)
  }

  /** How many objects are stored now. */
  async objects(): Promise<number> {
    return (await this.#blobs.list('')).length
  }

  /** From the tick to the commit, over the last `batches`. */
  commitMs(q: number, batches: number): number {
    return quantile(this.#commits.ms.slice(-batches), q)
  }

  close(): Promise<void> {
    return this.#close()
  }
}

/** A head store that notes when commits are done. */
class CommitTimes implements HeadStore<Head> {
  readonly ms: number[] = []
  begun = 0
  readonly #store: HeadStore<Head>

  constructor(store: HeadStore<Head>) {
    this.#store = store
  }

  read(): ReturnType<HeadStore<Head>['read']> {
    return this.#store.read()
  }

  async cas(...write: Parameters<HeadStore<Head>['cas']>): Promise<'written' | 'refused'> {
    const outcome = await this.#store.cas(...write)
    const [, , cause] = write
    if (cause === 'commit') this.ms.push(performance.now() - this.begun)
    return outcome
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}
