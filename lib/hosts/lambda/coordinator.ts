import { LambdaLauncher } from '../../adapters/aws/lambda/lambda-launcher.ts'
import { TaskMessages } from '../../adapters/aws/lambda/task-message.ts'
import type { Host } from '../../host/host.ts'
import type { TaskLauncher } from '../../host/launcher.ts'
import { hasCode } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import { BatchLoop } from '../../runtime/coordinator/batch-loop.ts'
import type { Coordinator } from '../../runtime/coordinator/coordinator.ts'
import type { Receivers } from '../../runtime/coordinator/receivers.ts'
import type { AwsHost } from './host.ts'
import { publishByFunction } from './output.ts'
import type { BuiltApp } from '../program/built-program.ts'
import { type OpenApp, openCoordinator } from '../program/open-coordinator.ts'
import { InlineLauncher } from '../program/inline-launcher.ts'
import type { Invocation } from './invocation.ts'
import { closing, lifeOf } from './invocation.ts'

export type CoordinatorAnswer =
  /** Another coordinator holds the app, or took it over. */
  { readonly busy: true } | { readonly busy: false; readonly batches: number; readonly committed: number }

/**
 * The coordinator function: takes the app, runs the batches that are due, and lets go of it. With an interval below a
 * minute it stays for the rest of its minute. Throws the newest error when a batch or an output failed, after what
 * could run has run.
 */
export async function runDueBatches(invocation: Invocation, app: BuiltApp, host: AwsHost): Promise<CoordinatorAnswer> {
  try {
    return await new InvocationRun(invocation, app, host).run()
  } catch (error) {
    if (hasCode(error, 'E_BUSY') || hasCode(error, 'E_FENCED')) return { busy: true }
    throw error
  }
}

class InvocationRun {
  readonly #invocation: Invocation
  readonly #app: BuiltApp
  readonly #host: Host<Head>
  readonly #aws: AwsHost
  readonly #abort = new AbortController()
  readonly #over = new AbortController()
  #failure: unknown = null

  constructor(invocation: Invocation, app: BuiltApp, aws: AwsHost) {
    this.#invocation = invocation
    this.#app = app
    this.#aws = aws
    const { clock, random, log, blobs } = aws
    this.#host = { clock, random, log, blobs, head: aws.head(app.name), launcher: launcherOf(app, aws) }
  }

  async run(): Promise<CoordinatorAnswer> {
    const { clock } = this.#host
    void clock.sleepUntil(this.#invocation.abortAt, this.#over.signal).then(() => this.#abort.abort())
    try {
      const { coordinator, receivers } = await this.#open()
      const batches = await this.#batchesThenClose(coordinator, receivers)
      if (this.#failure) throw this.#failure as Error
      return { busy: false, batches, committed: coordinator.head.committed }
    } finally {
      this.#over.abort()
    }
  }

  /** Even a tick that fails gives the lease back: the next one need not wait for its end. */
  async #batchesThenClose(coordinator: Coordinator, receivers: Receivers): Promise<number> {
    try {
      return await this.#batches(coordinator, receivers)
    } finally {
      receivers.forget()
      await coordinator.close()
    }
  }

  async #batches(coordinator: Coordinator, receivers: Receivers): Promise<number> {
    const { clock } = this.#host
    await receivers.start(coordinator.head, coordinator.manifest)
    let batches = 0
    let began = clock.now()
    let longestMs = 0
    const loop = new BatchLoop({
      coordinator,
      clock,
      log: this.#host.log,
      catchUpMax: this.#app.program.settings.catchUpMax,
      batchesMax: null,
      onBatch: async (manifest) => {
        batches++
        await receivers.committed(manifest)
        longestMs = Math.max(longestMs, clock.now() - Math.max(began, manifest.time))
        began = clock.now()
        if (began + Math.max(2 * longestMs, MARGIN_MS) > this.#invocation.deadline) loop.stop()
      },
      onError: (error) => this.#failed(error),
    })
    const stopAt = closing(this.#invocation, coordinator.head.intervalMs)
    if (stopAt === null) void loop.caughtUp().then(() => loop.stop())
    else void clock.sleepUntil(stopAt, this.#over.signal).then(() => loop.stop())
    await loop.run()
    return batches
  }

  #open(): Promise<OpenApp> {
    const { name: app, context, program } = this.#app
    const { abortAt, holder, resume, dropState } = this.#invocation
    const { settings, functions } = this.#aws
    const { output } = settings
    const signal = this.#abort.signal
    return openCoordinator({
      app,
      context,
      program,
      host: this.#host,
      attempts: 4,
      holder: `${holder}:${this.#host.random.newId().slice(0, 8)}`,
      // Nobody can see that an invocation is gone: its lease tells.
      isGone: () => false,
      start: { resume, dropState },
      environment: (head) => ({ ...this.#aws.outputs(head, context.sparkContext), signal, notAfter: abortAt }),
      ...(output !== null && { publisher: (head: Head) => publishByFunction(functions, output, head, signal) }),
      onOutputError: (error) => {
        this.#failure = error
      },
      signal,
      life: lifeOf(this.#invocation),
    })
  }

  #failed(error: unknown): void {
    // A batch that is longer than a coordinator has not failed: the next tick goes on with it.
    if (hasCode(error, 'E_HANDED_OVER')) {
      this.#host.log.event({ type: 'batch-handed-over', message: error.message })
      return
    }
    this.#host.log.event({ type: 'error', error })
    this.#failure = error
  }
}

/** No batch begins with less time left than this, or than twice what the longest one took. */
const MARGIN_MS = 10_000

function launcherOf({ program }: BuiltApp, aws: AwsHost): TaskLauncher {
  const { settings, functions, blobs, random } = aws
  if (settings.task === null) return new InlineLauncher(program, aws)
  return new LambdaLauncher({
    functions,
    blobs,
    messages: new TaskMessages(blobs, random),
    task: settings.task,
    slots: settings.slots,
  })
}
