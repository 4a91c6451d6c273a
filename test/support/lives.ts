import type { BlobStore } from '../../lib/host/blob-store.ts'
import type { HeadStore } from '../../lib/host/head-store.ts'
import type { Host } from '../../lib/host/host.ts'
import { type Log, silentLog } from '../../lib/host/log.ts'
import { InlineLauncher } from '../../lib/hosts/program/inline-launcher.ts'
import { openCoordinator } from '../../lib/hosts/program/open-coordinator.ts'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { MemoryHeadStore } from '../../lib/adapters/local/head-memory.ts'
import { systemRandom } from '../../lib/adapters/local/system-random.ts'
import type { Clock } from '../../lib/host/clock.ts'
import type { Head } from '../../lib/model/head.ts'
import type { Manifest } from '../../lib/model/manifest.ts'
import { fingerprint } from '../../lib/plan/fingerprint.ts'
import type { Coordinator } from '../../lib/runtime/coordinator/coordinator.ts'
import type { FanOut } from '../../lib/runtime/planner.ts'
import { TaskProgram } from '../../lib/runtime/task/program.ts'
import { aborted, type Batch, BATCH_MS, type Build, newContext, START } from './run.ts'

/** What outlives a process. */
export class World {
  readonly head = new MemoryHeadStore<Head>()
  readonly control = new MemoryHeadStore<unknown>()
  readonly blobs = new MemoryBlobStore()
  /** Everything that `foreachRDD` was shown: output, batch and records, repeats included. */
  readonly shown: { readonly output: string; readonly batch: number; readonly records: readonly unknown[] }[] = []
}

/** Stands before each call of a port, with its name; may throw, before the call or after it. */
export type Port = <R>(call: string, run: () => Promise<R>) => Promise<R>
export const soundPort: Port = (_call, run) => run()

export interface LifeOptions {
  readonly port?: Port
  readonly onError?: (error: unknown) => void
  readonly show?: (output: string, batch: number) => void
  readonly keep?: number
  readonly dropState?: readonly string[]
  readonly resume?: boolean
  /** More than 1: stages and shuffle blocks, as where tasks are spread; with as many partitions of input. */
  readonly slots?: number
  readonly clock?: Clock
  readonly log?: Log
  /** It takes the app with its commit, and lets go with its mark. */
  readonly isBrief?: boolean
  readonly sweeps?: boolean
  /** It lives long enough to wait for a place that is away. */
  readonly isPatient?: boolean
  /** Each task is a call that costs: small blocks travel. */
  readonly fanOut?: FanOut
  /** Sources take what backpressure allows, and not all that has come. */
  readonly isLimited?: boolean
}

/**
 * One process over a world: a coordinator that runs batch after batch of the input, each again until it is committed.
 */
export class ProcessLife {
  readonly coordinator: Coordinator
  readonly #batches: readonly Batch[]

  private constructor(coordinator: Coordinator, batches: readonly Batch[]) {
    this.coordinator = coordinator
    this.#batches = batches
  }

  static async begin(
    world: World,
    build: Build,
    batches: readonly Batch[],
    {
      port = soundPort,
      onError = (error) => {
        throw error
      },
      show,
      keep = 2,
      dropState = [],
      resume = false,
      slots = 1,
      clock = { now: () => START, sleepUntil },
      log = silentLog,
      isBrief = false,
      sweeps = true,
      isPatient = false,
      isLimited = false,
      fanOut,
    }: LifeOptions = {},
  ): Promise<ProcessLife> {
    const watched: Build = (input, context) => {
      const built = build(input, context)
      const streams = 'foreachRDD' in built ? { out: built } : built
      for (const [output, stream] of Object.entries(streams)) {
        ;(stream as any).foreachRDD((rdd: any, time: any) => {
          const batch = (time.milliseconds - START) / BATCH_MS
          show?.(output, batch)
          world.shown.push({ output, batch, records: rdd.collect() })
        })
      }
      return {}
    }
    const context = newContext(watched, batches, slots > 1 ? { splits: slots } : {})
    context.graph.assignUids()
    context.sparkContext.conf.set('sluice.keepBatches', keep)
    const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
    const [head, blobs] = [portedHead(world.head, port), portedBlobs(world.blobs, port)]
    const inline = new InlineLauncher(program, { blobs, random: systemRandom, clock, log })
    const launcher = {
      slots,
      launch: (spec: never) => port('launch', () => inline.launch(spec)),
      close: async () => {},
    }
    const { control } = world
    const host: Host<Head> = { clock, random: systemRandom, log, head, control, blobs, launcher }
    const { coordinator } = await openCoordinator({
      app: 'test',
      context,
      program,
      host,
      attempts: 1,
      holder: systemRandom.newId(),
      isGone: () => true,
      start: { resume, dropState },
      environment: ({ app, inc }) => ({
        app,
        inc,
        write: () => {},
        files: { write: async () => {} },
        driver: context.sparkContext,
      }),
      onOutputError: onError,
      unlimited: !isLimited,
      isBrief,
      sweeps,
      isPatient,
      ...(fanOut ? { fanOut } : {}),
    })
    return new ProcessLife(coordinator, batches)
  }

  /**
   * Runs what is left of the input. A batch that fails is tried again by the same process, as long as `patience` lasts.
   */
  async run(batches = this.#batches.length, patience = 0): Promise<Manifest[]> {
    const manifests: Manifest[] = []
    while (this.coordinator.head.committed < batches) {
      try {
        manifests.push(await this.coordinator.runBatch(this.coordinator.head.tick + 1))
      } catch (error) {
        if (
          patience-- <= 0 ||
          ['E_FENCED', 'E_HALTED', 'E_HEAD_UNREACHABLE'].includes((error as { code?: string }).code ?? '')
        )
          throw error
      }
    }
    return manifests
  }
}

/** Pauses pass at once. */
const sleepUntil: Clock['sleepUntil'] = (_time, signal, idle) => (idle ? aborted(signal) : Promise.resolve())

const portedHead = (store: HeadStore<Head>, port: Port): HeadStore<Head> => ({
  read: () => port('head.read', () => store.read()),
  cas: (expected, value, cause) => port(`head.cas ${cause}`, () => store.cas(expected, value, cause)),
  close: () => store.close(),
})

const portedBlobs = (store: BlobStore, port: Port): BlobStore => ({
  putNew: (key, bytes) => port('blobs.putNew', () => store.putNew(key, bytes)),
  get: (key) => port('blobs.get', () => store.get(key)),
  getRange: (key, offset, length) => port('blobs.getRange', () => store.getRange(key, offset, length)),
  list: (prefix) => port('blobs.list', () => store.list(prefix)),
  delete: (key) => port('blobs.delete', () => store.delete(key)),
})

/** The process ends at call `at`, before the call has any effect or after it had all: nothing of it works any more. */
export function dyingPort(at: number, side: 'before' | 'after'): Port & { readonly calls: string[] } {
  const calls: string[] = []
  let dead = false
  const port: Port = async (call, run) => {
    if (dead) throw new Death()
    const mine = calls.push(call) - 1 === at
    if (mine && side === 'before') {
      dead = true
      throw new Death()
    }
    const result = await run()
    if (mine || dead) {
      dead = true
      throw new Death()
    }
    return result
  }
  return Object.assign(port, { calls })
}

/** One call fails, or its answer is lost; the process goes on. */
export function failingPort(at: number, side: 'before' | 'after'): Port {
  let call = 0
  return async (_name, run) => {
    const mine = call++ === at
    if (mine && side === 'before') throw new Error('the request was lost')
    const result = await run()
    if (mine) throw new Error('the answer was lost')
    return result
  }
}

class Death extends Error {}
