import { LambdaLauncher } from '../../adapters/aws/lambda/lambda-launcher.ts'
import { TaskMessages } from '../../adapters/aws/lambda/task-message.ts'
import type { Host } from '../../host/host.ts'
import { hasCode } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import { readSetting, textsOf } from '../../model/settings/read.ts'
import { ListenerBus } from '../../observe/streaming-listener.ts'
import { assembled } from '../../runtime/coordinator/assemble.ts'
import { BatchLoop } from '../../runtime/coordinator/batch-loop.ts'
import type { Coordinator } from '../../runtime/coordinator/coordinator.ts'
import { BatchProgress } from './batch-progress.ts'
import type { DescribedProgram } from './calls.ts'
import { describedProgram, FunctionPlanner } from './function-planner.ts'
import { FunctionPublisher } from './function-publisher.ts'
import type { CoordinatorHost } from './coordinator-host.ts'
import type { Invocation } from './invocation.ts'
import { KnownGraph } from './known-graph.ts'
import { closing, lifeOf } from './invocation.ts'
import type { Pacing } from './pacing.ts'
import { outputFunction, taskFunction } from './settings.ts'
import { type LifeOutcome, woken, type WokenOutcome } from './woken.ts'
import type { FanOut } from '../../runtime/planner.ts'

/** What an invocation of the coordinator came to: the batches that it ran, and the last one that is committed. */
export type CoordinatorAnswer =
  /** Another coordinator holds the app, or took it over. */
  | { readonly busy: true }
  /** Somebody has paused the app. */
  | { readonly paused: true }
  | { readonly busy: false; readonly batches: number; readonly committed: number }
  /** So many batch times of this minute were put into the queue, each as a tick of its own. */
  | { readonly ticks: number }
  /** Nothing was due: so many ticks were too old, so many events had their batch. */
  | { readonly dropped: number; readonly covered: number }

/**
 * The coordinator function: takes the app, runs the batches that are due, and lets go of it. With an interval below a
 * minute it sends the ticks of its minute to a queue, or, where there is none, stays for the rest of the minute. Throws
 * the newest error when a batch or an output failed, after what could run has run.
 */
export async function runDueBatches(
  invocation: Invocation,
  programs: KnownProgram,
  host: CoordinatorHost,
): Promise<CoordinatorAnswer> {
  const program = await programs.get(host)
  return answerOf(await woken(invocation, program, host, (pacing) => live(invocation, programs, host, pacing)))
}

function answerOf(outcome: WokenOutcome): CoordinatorAnswer {
  switch (outcome.kind) {
    case 'busy':
      return { busy: true }
    case 'paused':
      return { paused: true }
    case 'ran':
      return { busy: false, batches: outcome.batches, committed: outcome.committed }
    case 'sent':
      return { ticks: outcome.ticks }
    case 'idle':
      return { dropped: outcome.dropped, covered: outcome.covered }
  }
}

async function live(
  invocation: Invocation,
  programs: KnownProgram,
  host: CoordinatorHost,
  pacing: Pacing,
): Promise<LifeOutcome> {
  try {
    const known = { ...host, blobs: programs.graph.remembering(host.blobs) }
    return await new InvocationRun(invocation, await programs.get(host), known, pacing).run()
  } catch (error) {
    // The functions were deployed anew under a coordinator that stayed: the next tick asks what they are now.
    if (hasCode(error, 'E_GRAPH_CHANGED')) programs.forget()
    if (hasCode(error, 'E_PAUSED')) {
      host.log.event({ type: 'paused', level: 'warn', message: error.message })
      return { kind: 'paused' }
    }
    if (hasCode(error, 'E_BUSY') || hasCode(error, 'E_FENCED')) return { kind: 'busy' }
    throw error
  }
}

/** The program that this process runs batches of: asked for once, and kept for as long as the function is warm. */
export class KnownProgram {
  readonly graph = new KnownGraph()
  #program: DescribedProgram | null = null

  async get({ functions, blobs, settings }: CoordinatorHost): Promise<DescribedProgram> {
    return (this.#program ??= await describedProgram({ functions, blobs }, taskFunction(settings)))
  }

  forget(): void {
    this.#program = null
  }
}

class InvocationRun {
  readonly #invocation: Invocation
  readonly #program: DescribedProgram
  readonly #host: Host<Head>
  readonly #aws: CoordinatorHost
  readonly #abort = new AbortController()
  readonly #over = new AbortController()
  readonly #pacing: Pacing
  #failure: unknown = null

  constructor(invocation: Invocation, program: DescribedProgram, aws: CoordinatorHost, pacing: Pacing) {
    this.#pacing = pacing
    this.#invocation = invocation
    this.#program = program
    this.#aws = aws
    const { clock, random, log, blobs, functions, settings } = aws
    const launcher = new LambdaLauncher({
      functions,
      blobs,
      messages: new TaskMessages(blobs, random),
      task: taskFunction(settings),
      slots: settings.slots,
    })
    this.#host = { clock, random, log, blobs, ...aws.stores(program.app), launcher }
  }

  async run(): Promise<LifeOutcome> {
    const { clock } = this.#host
    void clock.sleepUntil(this.#invocation.abortAt, this.#over.signal).then(() => this.#abort.abort())
    try {
      const coordinator = await this.#open()
      const { plan } = coordinator.head
      const batches = await this.#batchesThenClose(coordinator)
      if (this.#failure) throw this.#failure as Error
      const { committed, zeroTime, tick, intervalMs } = coordinator.head
      const nextAt = zeroTime + (tick + 1) * intervalMs
      return { kind: 'ran', batches, planned: plannedHere(batches, plan !== undefined), committed, nextAt }
    } finally {
      this.#over.abort()
    }
  }

  /** Even a tick that fails gives the lease back: the next one need not wait for its end. */
  async #batchesThenClose(coordinator: Coordinator): Promise<number> {
    try {
      return await this.#batches(coordinator)
    } finally {
      await coordinator.close()
    }
  }

  async #batches(coordinator: Coordinator): Promise<number> {
    const { clock } = this.#host
    let batches = 0
    let began = clock.now()
    let longestMs = 0
    const loop = new BatchLoop({
      coordinator,
      clock,
      log: this.#host.log,
      catchUpMax: readSetting(textsOf(this.#program.facts.conf), 'sluice.catchUpMax'),
      hasGaps: this.#pacing === 'events',
      batchesMax: null,
      onBatch: (manifest) => {
        batches++
        longestMs = Math.max(longestMs, clock.now() - Math.max(began, manifest.time))
        began = clock.now()
        if (began + Math.max(2 * longestMs, MARGIN_MS) > this.#invocation.deadline) loop.stop()
      },
      onError: (error) => this.#failed(error),
      // To wait costs as much as to work.
      whenPaused: 'end',
    })
    const stopAt = closing(this.#invocation, this.#pacing)
    if (stopAt === null) void loop.caughtUp().then(() => loop.stop())
    else void clock.sleepUntil(stopAt, this.#over.signal).then(() => loop.stop())
    await loop.run()
    return batches
  }

  #open(): Promise<Coordinator> {
    const { app, facts } = this.#program
    const { holder, resume, dropState } = this.#invocation
    const { settings, functions } = this.#aws
    const signal = this.#abort.signal
    const listeners = new ListenerBus()
    const progress = new BatchProgress(listeners)
    return assembled({
      app,
      program: facts,
      planner: new FunctionPlanner(this.#aws, taskFunction(settings), this.#program, signal),
      publisher: (head) => new FunctionPublisher(functions, outputFunction(settings), head, signal, progress),
      host: this.#host,
      listeners,
      attempts: 4,
      holder: `${holder}:${this.#host.random.newId().slice(0, 8)}`,
      // Nobody can see that an invocation is gone: its lease tells.
      isGone: () => false,
      start: { resume, dropState },
      onOutputError: (error) => {
        this.#failure = error
      },
      signal,
      life: lifeOf(this.#invocation),
      sweeps: false,
      fanOut: FAN_OUT,
      manifestInlineMax: MANIFEST_INLINE_MAX,
      isBrief: this.#pacing !== 'stay',
      leavesPaused: true,
    })
  }

  #failed(error: unknown): void {
    if (hasCode(error, 'E_HANDED_OVER')) this.#host.log.event({ type: 'batch-handed-over', message: error.message })
    const failure = failureOf(error)
    if (failure === undefined) return
    this.#host.log.event({ type: 'error', error: failure })
    this.#failure = failure
  }
}

/** Of these batches: a plan that was found open was made before whatever has woken this one. @testing */
export const plannedHere = (batches: number, isOneFound: boolean): number => Math.max(0, batches - Number(isOneFound))

/**
 * What a batch has failed with. One that is longer than a coordinator has not failed (`undefined`): the next tick goes
 * on with it. One of whose tasks nothing is known but that they failed has, whoever tries them again. @testing
 */
export function failureOf(error: unknown): unknown {
  if (!hasCode(error, 'E_HANDED_OVER')) return error
  return error.cause
}

/** The table keeps a head compressed: about 4 kB, whose write costs less than that of an object. */
const MANIFEST_INLINE_MAX = 16 * 1024

/**
 * A task for as much as one has read and mapped before another call would have begun. Blocks are in base64 while they
 * travel: 4 MiB in all, of the 6 MB that an answer may have.
 */
const FAN_OUT: FanOut = { taskBytes: 256 * 1024, inlineBytes: 3 * 2 ** 20 }

/** No batch begins with less time left than this, or than twice what the longest one took. */
const MARGIN_MS = 10_000
