import type { Failed, Told } from '../hosts/offline/function-pool.ts'
import { errorOf, eventIn, thrownBy } from '../hosts/offline/log-lines.ts'
import type { OfflineEars } from '../hosts/offline/offline-stage.ts'
import type { StageFunction } from '../hosts/serverless/options.ts'
import type { AppStarting, BatchReport, EngineEvent } from '../model/events.ts'
import type { Reporter } from './reporter.ts'

/** What functions log and answer, as a run that says it in its own way: lines, and an exit code. */
export class OfflineSession implements OfflineEars {
  /** The exit code, once nothing shall run any more. */
  readonly ended: Promise<number>
  readonly #reporter: Reporter
  readonly #batchesMax: number | null
  #end: (code: number) => void = () => {}
  #batches = 0
  /** How many batches there were when the coordinator failed last. */
  #batchesAtFailure = 0
  /** Whether an output has not delivered everything. */
  #owes = false
  #stoppedAt: number | null = null
  /** What the newest error that a log told of says. */
  #told: string | null = null

  constructor(reporter: Reporter, batchesMax: number | null) {
    this.#reporter = reporter
    this.#batchesMax = batchesMax
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** A coordinator that lives for a minute does not say that it is ready: the stage is, before the first. */
  starting(event: AppStarting): void {
    this.#reporter.event(event)
    this.#reporter.event({ type: 'ready', committed: 0, tick: 0, zeroTime: 0 })
  }

  /** The coordinator has no code of the program: each of its lines is a log's. */
  wrote(name: StageFunction, text: string): void {
    for (const part of text.split(/(?<=\n)/)) {
      const event = eventIn(part)
      if (event) this.#event(event)
      else if (name === 'output') this.#reporter.print(part)
      else process.stdout.write(part)
    }
  }

  #event(event: EngineEvent): void {
    switch (event.type) {
      case 'batch':
        return this.#batch(event)
      case 'error':
        return this.#error(errorOf(event.error))
      default:
        this.#reporter.event(event)
    }
  }

  #batch(batch: BatchReport): void {
    this.#reporter.event(batch)
    this.#batches++
    const owed = Object.values(batch.backlog ?? {}).some((batches) => batches > 0)
    this.#owes = owed || batch.failedOutputs.length > 0
    if (this.#batches === this.#batchesMax) this.#finish()
  }

  #error(error: Error): void {
    this.#told = error.message
    this.#reporter.error(error)
  }

  /** Most of what a coordinator throws it has told before. */
  failed(name: StageFunction, told: Failed): void {
    if (told.errorMessage !== this.#told) this.#error(thrownBy(name, told))
  }

  /** On AWS the next tick tries again; a program that came to no batch since the last failure would fail for ever. */
  invoked(name: StageFunction, told: Told): void {
    if (told.kind === 'done' || name !== 'coordinator') return
    if (this.#batches === this.#batchesAtFailure) this.#end(1)
    this.#batchesAtFailure = this.#batches
  }

  stop(): void {
    this.#stoppedAt = Date.now()
    this.#finish()
  }

  #finish(): void {
    this.#end(this.#owes ? 1 : 0)
  }

  /** Says how it ended. */
  close(code: number): void {
    this.#reporter.end(code, this.#stoppedAt === null ? null : Date.now() - this.#stoppedAt)
  }
}
