import { logged, secretsIn } from '../adapters/local/known-secrets.ts'
import type { AppStarting, BatchReport, EngineEvent } from '../model/events.ts'
import { Behind } from './behind.ts'
import { plainFact, type RunFact } from './json-line.ts'
import type { Reporter } from './reporter.ts'

/** One JSON object per line. */
export class JsonReporter implements Reporter {
  readonly #write: (line: string) => void
  readonly #version: string
  readonly #logged = logged(secretsIn(process.env))
  #starting: AppStarting | null = null
  #behind: Behind | null = null
  #next = 1
  #batches = 0
  #records = 0

  constructor(write: (line: string) => void, version: string) {
    this.#write = write
    this.#version = version
  }

  event(event: EngineEvent): void {
    switch (event.type) {
      case 'starting':
        this.#starting = event
        this.#behind = new Behind(event.intervalMs)
        return
      case 'ready':
        this.#next = event.committed + 1
        return this.#ready(event)
      case 'batch':
        return this.#batch(event)
      default:
        return this.#line(event)
    }
  }

  #ready(event: EngineEvent): void {
    if (this.#starting === null) return this.#line(event)
    const { type: _type, ...facts } = this.#starting
    this.#line({
      type: 'ready',
      version: this.#version,
      ...facts,
      batch: this.#next,
      startupMs: Math.round(performance.now()),
    })
  }

  #batch(report: BatchReport): void {
    const { batch, records, schedulingDelayMs } = report
    this.#next = batch + 1
    this.#batches++
    this.#records += records
    this.#line(report)
    const message = this.#behind?.take(schedulingDelayMs) ?? null
    if (message !== null) this.#line({ type: 'progress', doing: 'behind', schedulingDelayMs, message })
  }

  print(text: string): void {
    this.#line({ type: 'print', text })
  }
  error(error: unknown): void {
    this.#line({ type: 'error', error })
  }
  stopping({ batches, dueMs }: Parameters<Reporter['stopping']>[0]): void {
    this.#line({ type: 'progress', doing: 'finishing', batch: this.#next + batches - 1, dueMs })
  }
  end(exitCode: number): void {
    this.#line({ type: 'result', exitCode, batches: this.#batches, records: this.#records })
  }

  /** What `print()` wrote is data and stays as it is. */
  #line(event: EngineEvent | RunFact): void {
    const fact = plainFact(event, this.#starting?.dir ?? null)
    this.#write(`${JSON.stringify(fact, event.type === 'print' ? undefined : this.#logged)}\n`)
  }
}
