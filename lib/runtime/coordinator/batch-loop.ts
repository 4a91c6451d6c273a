import type { Clock } from '../../host/clock.ts'
import { endsCoordinator } from '../../model/error-codes.ts'
import { isOurs } from '../../model/errors.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { Coordinator } from './coordinator.ts'

export interface BatchLoopOptions {
  readonly coordinator: Coordinator
  readonly clock: Clock
  /** Most missed ticks that are run again after a downtime, each with its own batch time; older ones are skipped. */
  readonly catchUpMax: number
  /** Stop after this many batches. */
  readonly batchesMax: number | null
  readonly onBatch: (manifest: Manifest) => void | Promise<void>
  /** A batch that did not commit: it is reported, and its input is read again by the next one. */
  readonly onError: (error: unknown) => void
}

/** Spark's `gracefulStopTimeout`, in batches. */
const GRACE_TICKS = 10

/**
 * Runs a batch at every tick of the grid, in order and one at a time; a batch that takes longer delays the next, and
 * none is left out.
 */
export class BatchLoop {
  readonly #options: BatchLoopOptions
  readonly #stop = new AbortController()
  #next: number
  #final: { readonly tick: number; readonly drained: () => boolean } | null = null
  #done = 0
  /** The tick it sleeps for. */
  #due: number | null = null
  #over = false
  #isRunning = false
  #watchers: (() => void)[] = []

  constructor(options: BatchLoopOptions) {
    this.#options = options
    this.#next = firstTick(options)
  }

  /** Resolves when stopped, or when the wanted number of batches has run. */
  async run(): Promise<void> {
    try {
      await this.#batches()
    } finally {
      this.#over = true
      this.#tellWatchers()
    }
  }

  async #batches(): Promise<void> {
    const { clock, coordinator, batchesMax } = this.#options
    const { zeroTime, intervalMs } = coordinator.head
    while (!this.#ended && (batchesMax === null || this.#done < batchesMax)) {
      const due = zeroTime + this.#next * intervalMs
      if (clock.now() < due) await this.#sleepUntil(due)
      if (this.#ended || this.#stop.signal.aborted) return
      await this.#batch(this.#next++)
    }
  }

  async #sleepUntil(due: number): Promise<void> {
    this.#due = due
    this.#tellWatchers()
    await this.#options.clock.sleepUntil(due, this.#stop.signal)
    this.#due = null
  }

  /**
   * Resolves when every batch that is due has run, or no more will: tests that own the clock know then that it may go
   * on.
   */
  async caughtUp(): Promise<void> {
    if (this.#over || (this.#due !== null && this.#options.clock.now() < this.#due)) return
    await new Promise<void>((resolve) => this.#watchers.push(resolve))
  }

  #tellWatchers(): void {
    const watchers = this.#watchers
    this.#watchers = []
    for (const tell of watchers) tell()
  }

  get #ended(): boolean {
    if (this.#stop.signal.aborted) return true
    if (!this.#final || this.#next <= this.#final.tick) return false
    return this.#final.drained() || this.#next > this.#final.tick + GRACE_TICKS
  }

  async #batch(tick: number): Promise<void> {
    this.#isRunning = true
    try {
      for (let reached = -1; reached < tick;) {
        const manifest = await this.#options.coordinator.runBatch(tick)
        reached = manifest.tick
        // An open plan may have been for a later tick.
        this.#next = Math.max(this.#next, reached + 1)
        this.#done++
        await this.#options.onBatch(manifest)
      }
    } catch (error) {
      this.#options.onError(error)
      if (isFinal(error)) this.#stop.abort()
    } finally {
      this.#isRunning = false
    }
  }

  /** Begins no further batch. */
  stop(): void {
    this.#stop.abort()
  }

  /**
   * Lets the batch of the current interval run, and more until everything received has been taken (`drained`), at most
   * ten intervals long. A loop that is behind finishes the batch under way: the backlog is for the next start.
   */
  finish(tick: number = this.remaining().tick, drained: () => boolean = () => true): void {
    this.#final = { tick, drained }
  }

  /** The tick that a `finish` of this moment ends with, the batches up to it, and how far off the last of them is. */
  remaining(): { readonly tick: number; readonly batches: number; readonly dueMs: number } {
    const { zeroTime, intervalMs } = this.#options.coordinator.head
    const tick = this.#last
    return {
      tick,
      batches: tick - this.#next + (this.#isUnderWay ? 2 : 1),
      dueMs: Math.max(0, zeroTime + tick * intervalMs - this.#options.clock.now()),
    }
  }

  /** Whether a batch was begun that has not been delivered yet. */
  get #isUnderWay(): boolean {
    const { tick, committed, outDone } = this.#options.coordinator.head
    return this.#isRunning && !(tick >= this.#next - 1 && outDone === committed)
  }

  /** The tick to end with. */
  get #last(): number {
    const { zeroTime, intervalMs } = this.#options.coordinator.head
    const current = Math.floor((this.#options.clock.now() - zeroTime) / intervalMs) + 1
    if (this.#next >= current) return this.#next
    return this.#isUnderWay ? this.#next - 1 : this.#next
  }
}

/** Another coordinator runs, or the app was halted: going on is useless. */
const isFinal = (error: unknown): boolean => isOurs(error) && endsCoordinator(error.code)

function firstTick({ coordinator, clock, catchUpMax }: BatchLoopOptions): number {
  const { head } = coordinator
  const current = Math.floor((clock.now() - head.zeroTime) / head.intervalMs)
  return Math.max(head.tick + 1, current - catchUpMax + 1)
}
