import { setImmediate as turn } from 'node:timers/promises'
import { Receiver } from '../../../lib/source/receiver/receiver.ts'
import { evaluate } from '../functions.ts'
import type { TestBed } from '../test-bed.ts'

/** What a receiver of a script does once it runs; `after10ms` and its like hold a call of one of its own methods. */
export interface ReceiverSpec {
  readonly counterFrom?: number
  readonly asFastAsPossible?: boolean
  readonly threads?: number
  readonly recordsPerThread?: number
  /** So many are stored whatever happens: `onStop` waits for them, and a graceful stop processes all. */
  readonly totalRecords?: number
  readonly [after: `after${number}ms`]: string
}

export class ScriptReceiver extends Receiver<any> {
  /** The next record it would have stored. */
  counter: number
  /** Whether there is more to come. */
  busy = false
  readonly #spec: ReceiverSpec
  readonly #bed: TestBed
  #total: Promise<void> | null = null

  constructor(spec: ReceiverSpec, bed: TestBed) {
    super()
    this.#spec = spec
    this.#bed = bed
    this.counter = spec.counterFrom ?? 0
  }

  onStart(): void {
    const { counterFrom, threads = 0, recordsPerThread = 0, totalRecords } = this.#spec
    this.busy = threads > 0
    if (counterFrom !== undefined) void this.#count()
    if (totalRecords !== undefined) this.#total = this.#storeAll(totalRecords)
    void Promise.all(Array.from({ length: threads }, () => this.#produce(recordsPerThread))).then(() => {
      this.busy = false
    })
    for (const [key, call] of Object.entries(this.#spec)) {
      const delay = /^after(\d+)ms$/.exec(key)?.[1]
      if (delay)
        void this.#bed.clock.sleepUntil(this.#bed.clock.now() + Number(delay)).then(() => this.#perform(call as string))
    }
  }

  async onStop(): Promise<void> {
    await this.#total
  }

  async #storeAll(records: number): Promise<void> {
    for (let i = 1; i <= records; i++) {
      if (!this.store(i)) await this.ready()
      await turn()
    }
  }

  async #count(): Promise<void> {
    while (!this.isStopped()) {
      this.store(this.counter)
      this.counter++
      await turn()
    }
  }

  async #produce(records: number): Promise<void> {
    for (let i = 0; i < records && !this.isStopped(); i++) if (!this.store(i)) await this.ready()
  }

  #perform(call: string): void {
    evaluate(call, {} as never, {
      reportError: this.reportError.bind(this),
      stop: this.stop.bind(this),
      restart: this.restart.bind(this),
      store: this.store.bind(this),
    })
  }
}
