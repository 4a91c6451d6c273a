import { logged, secretsIn } from '../hosts/program/known-secrets.ts'
import type { LogEvent } from '../host/log.ts'
import type { BatchFacts } from './batch-line.ts'
import { plainFact } from './json-line.ts'
import type { Reporter } from './reporter.ts'

/** One JSON object per line. */
export class JsonReporter implements Reporter {
  readonly #write: (line: string) => void
  readonly #version: string
  readonly #logged = logged(secretsIn(process.env))
  #starting: Record<string, unknown> = {}
  #next = 1
  #batches = 0
  #records = 0

  constructor(write: (line: string) => void, version: string) {
    this.#write = write
    this.#version = version
  }

  event(event: LogEvent): void {
    if (event.type === 'starting') {
      const { type: _type, ...facts } = event
      this.#starting = facts
      return
    }
    if (event.type === 'ready') this.#next = (event['committed'] as number) + 1
    if (event.type === 'batch') this.#count(event as unknown as BatchFacts)
    this.#line(
      event.type === 'ready'
        ? {
            type: 'ready',
            version: this.#version,
            ...this.#starting,
            batch: this.#next,
            startupMs: Math.round(performance.now()),
          }
        : event,
    )
  }

  #count({ batch, records }: BatchFacts): void {
    this.#next = batch + 1
    this.#batches++
    this.#records += records
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
  #line(event: LogEvent): void {
    this.#write(`${JSON.stringify(plainFact(event), event.type === 'print' ? undefined : this.#logged)}\n`)
  }
}
