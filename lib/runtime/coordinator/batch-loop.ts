import type { TickNumber } from '../../model/ids.ts'
import type { Clock } from '../../host/clock.ts'
import type { Log } from '../../host/log.ts'
import { endsCoordinator } from '../../model/error-codes.ts'
import { isOurs, type SluiceError } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { Coordinator } from './coordinator.ts'
import { catchingUp, clockBehind, leftOut } from './loop-warnings.ts'
import { type Patience, waitMsFor } from './patience.ts'

interface BatchLoopOptions {
  readonly coordinator: Coordinator
  readonly clock: Clock
  readonly log: Log
  /**
   * Most missed ticks that are run again after a break, each with its own batch time; older batch times are skipped,
   * and their input belongs to the first batch that runs.
   */
  readonly catchUpMax: number
  /** Batches come for events: batch times in between are no gaps, and the newest that is due stands for all. */
  readonly hasGaps?: boolean
  /** Stop after this many batches. */
  readonly batchesMax: number | null
  readonly onBatch: (manifest: Manifest) => void | Promise<void>
  /** A batch that did not commit: it is reported, and run again at the next tick, with the same batch time. */
  readonly onError: (error: unknown) => void
  /** A batch that waits for a place outside, and is tried again. */
  readonly onWait?: (error: SluiceError, waitMs: number) => void
  /** How long and how often a batch waits for places outside; without it, each failure is the batch's. */
  readonly patience?: Patience
  /** What becomes of a loop whose app is paused: it waits (if this is left out), or ends, for another one to look. */
  readonly whenPaused?: 'wait' | 'end'
}

/** Spark's `gracefulStopTimeout`, in batches. */
const GRACE_TICKS = 10
/** How often a batch may fail once the loop is to finish. */
const FINAL_FAILURES_MAX = 2
/** How long a loop that is paused sleeps before it looks again. */
const PAUSED_MS = 1000
/** How often a batch may fail before it has a plan. */
const UNPLANNED_MAX = 2
/** A clock that is behind by no more is waited for: batch times are the time of day again then. */
const BEHIND_MS_MAX = 5000
/** From so many missed ticks on, catching up is announced. */
const ANNOUNCED_TICKS = 10

/**
 * Runs a batch at every tick of the grid, in order and one at a time; a batch that takes longer delays the next, and
 * none is left out. One that fails is tried again at every tick until it commits: its batch time may be one at which a
 * window is due, and its input belongs to it.
 */
export class BatchLoop {
  readonly #options: BatchLoopOptions
  readonly #stop = new AbortController()
  /** Ends a wait for a place outside. */
  readonly #pause = new AbortController()
  #next: number
  #final: { readonly tick: TickNumber; readonly drained: () => boolean; failures: number } | null = null
  #done = 0
  /** Until when it sleeps. */
  #due: number | null = null
  /** Nothing has run yet: a tick that only a wrong clock keeps away need not be waited for. */
  #fresh = true
  #clockIsBehind = false
  /** How often in a row the batch could not be planned. */
  #unplanned = 0
  /** How often the batch of the next tick has failed, and when it is tried again, if a place outside is waited for. */
  #failures = 0
  #retryAt: number | null = null
  #paused = false
  #over = false
  /** The tick of the batch under way. */
  #running: number | null = null
  #watchers: (() => void)[] = []

  constructor(options: BatchLoopOptions) {
    this.#options = options
    this.#next = tickAfter(options.coordinator.head)
  }

  /** Resolves when stopped, or when the wanted number of batches has run. */
  async run(): Promise<void> {
    try {
      this.#skipMissed()
      await this.#batches()
    } finally {
      this.#over = true
      this.#tellWatchers()
    }
  }

  async #batches(): Promise<void> {
    const { batchesMax } = this.#options
    while (!this.#ended && (batchesMax === null || this.#done < batchesMax)) {
      await this.#untilDue()
      if (this.#ended) return
      if (await this.#isPaused()) continue
      const tick = this.#next
      await this.#batch(tick)
      this.#fresh = false
      if (this.#next === tick && !this.#ended) await this.#beforeAnotherTry()
    }
  }

  /**
   * Waits for the next tick. Where that is further away than an interval and a little, the clock was ahead when the
   * last batch ran, or has been set back since: to wait until it shows that time again would be to stand still, so
   * batches go on at the pace of the clock, and their times go on from the last one.
   */
  async #untilDue(): Promise<void> {
    const { clock, coordinator } = this.#options
    const { zeroTime, intervalMs } = coordinator.head
    for (let slept = this.#fresh; !this.#stop.signal.aborted; slept = true) {
      const now = clock.now()
      const due = zeroTime + this.#next * intervalMs
      if (now >= due) return
      const isBehind = due - now > Math.max(intervalMs, BEHIND_MS_MAX)
      this.#noteClock(isBehind, due - intervalMs - now)
      if (isBehind && slept) return
      if (isBehind) await this.#sleepUntil(this.#gridAfter(now))
      else await this.#sleepUntil(due)
      this.#skipMissed()
    }
  }

  /**
   * Whether somebody keeps batches from beginning, after a while if so. What a resumed app missed is like what it
   * missed in any break.
   */
  async #isPaused(): Promise<boolean> {
    const { clock, whenPaused } = this.#options
    const was = this.#paused
    this.#paused = await this.#askedToPause()
    if (!this.#paused) {
      if (was) this.#skipMissed()
      return false
    }
    if (whenPaused === 'end' || this.#final) this.#stop.abort()
    else await this.#sleepUntil(clock.now() + PAUSED_MS, this.#pause.signal)
    return true
  }

  async #askedToPause(): Promise<boolean> {
    try {
      return (await this.#options.coordinator.paused()) !== null
    } catch (error) {
      this.#options.onError(error)
      return true
    }
  }

  /** Until the next tick, or as long as a place outside is left alone. */
  async #beforeAnotherTry(): Promise<void> {
    if (this.#retryAt === null) await this.#sleepUntil(this.#gridAfter(this.#options.clock.now()))
    else await this.#sleepUntil(this.#retryAt, this.#pause.signal)
  }

  #gridAfter(now: number): number {
    const { zeroTime, intervalMs } = this.#options.coordinator.head
    return zeroTime + (Math.floor((now - zeroTime) / intervalMs) + 1) * intervalMs
  }

  async #sleepUntil(due: number, signal: AbortSignal = this.#stop.signal): Promise<void> {
    this.#due = due
    this.#tellWatchers()
    await this.#options.clock.sleepUntil(due, signal)
    this.#due = null
  }

  /**
   * After a downtime, or when the machine slept: which batch times come first, and a word about it where there are
   * many.
   */
  #skipMissed(): void {
    const { clock, coordinator, catchUpMax, log, hasGaps } = this.#options
    const { zeroTime, intervalMs } = coordinator.head
    const current = Math.floor((clock.now() - zeroTime) / intervalMs)
    if (hasGaps) {
      this.#next = Math.max(this.#next, current)
      return
    }
    const first = Math.max(this.#next, current - catchUpMax + 1)
    const [skipped, missed] = [first - this.#next, Math.max(0, current - first)]
    if (skipped > 0 || missed >= ANNOUNCED_TICKS) {
      log.event(catchingUp(zeroTime + this.#next * intervalMs, skipped, missed))
    }
    this.#next = first
  }

  #noteClock(isBehind: boolean, byMs: number): void {
    if (isBehind && !this.#clockIsBehind) this.#options.log.event(clockBehind(byMs))
    this.#clockIsBehind = isBehind
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
    if (!this.#final) return false
    if (this.#final.failures >= FINAL_FAILURES_MAX) return true
    if (this.#next <= this.#final.tick) return false
    return this.#final.drained() || this.#next > this.#final.tick + GRACE_TICKS
  }

  async #batch(tick: TickNumber): Promise<void> {
    const { coordinator } = this.#options
    this.#running = tick
    try {
      for (let reached = -1; reached < tick;) {
        const manifest = await coordinator.runBatch(tick)
        reached = manifest.tick
        // An open plan may have been for a later tick.
        this.#next = Math.max(this.#next, reached + 1)
        this.#done++
        await this.#options.onBatch(manifest)
      }
      this.#failures = 0
      this.#unplanned = 0
      this.#retryAt = null
    } catch (error) {
      // It may have been committed before it failed.
      this.#next = Math.max(this.#next, tickAfter(coordinator.head))
      if (this.#final) this.#final.failures++
      this.#leaveOut(tick, error)
      this.#failed(error)
    } finally {
      this.#running = null
    }
  }

  /**
   * A program that cannot say what its batch is, at this time and again an interval later, most likely never can. As in
   * Spark, that batch time is left out and later ones go on; the input stays where it is.
   */
  #leaveOut(tick: TickNumber, error: unknown): void {
    const { coordinator, log } = this.#options
    const isPlan = coordinator.failedToPlan && (!isOurs(error) || error.fault === 'program')
    if (isPlan) this.#unplanned++
    else this.#unplanned = 0
    if (this.#unplanned < UNPLANNED_MAX || this.#next !== tick) return
    this.#unplanned = 0
    this.#next++
    log.event(leftOut(coordinator.head.zeroTime + tick * coordinator.head.intervalMs))
  }

  #failed(error: unknown): void {
    this.#failures++
    const { clock, onWait, onError } = this.#options
    const waitMs = this.#waitMs(error)
    this.#retryAt = null
    if (waitMs === null) onError(error)
    else {
      this.#retryAt = clock.now() + waitMs
      onWait?.(error as SluiceError, waitMs)
    }
    if (isFinal(error)) this.#stop.abort()
  }

  /** How long to wait before the batch is tried again; `null`: it fails with its error. */
  #waitMs(error: unknown): number | null {
    const { patience, coordinator } = this.#options
    if (!patience || this.#final || this.#stop.signal.aborted) return null
    const { app } = coordinator.head
    return waitMsFor(error, { app, failures: this.#failures, hasRun: this.#done > 0 }, patience)
  }

  /** Begins no further batch. */
  stop(): void {
    this.#stop.abort()
    this.#pause.abort()
  }

  /**
   * Lets the batch of the current interval run, and more until everything received has been taken (`drained`), at most
   * ten intervals long. A loop that is behind finishes the batch under way: the backlog is for the next start.
   */
  finish(tick: TickNumber = this.remaining().tick, drained: () => boolean = () => true): void {
    this.#final = { tick, drained, failures: 0 }
    this.#pause.abort()
  }

  /** The tick that a `finish` of this moment ends with, the batches up to it, and how far off the last of them is. */
  remaining(): { readonly tick: TickNumber; readonly batches: number; readonly dueMs: number } {
    const { zeroTime, intervalMs } = this.#options.coordinator.head
    const tick = this.#last
    return {
      tick,
      batches: tick - this.#upcoming + 1 + this.#underWay,
      dueMs: Math.max(0, zeroTime + tick * intervalMs - this.#options.clock.now()),
    }
  }

  /** Batches that were begun and have not been delivered yet: none or one. */
  get #underWay(): 0 | 1 {
    const { tick, committed, outDone } = this.#options.coordinator.head
    if (this.#running === null || (tick >= this.#running && outDone === committed)) return 0
    return 1
  }

  /** The tick after the batch under way, should that commit. */
  get #upcoming(): number {
    return Math.max(this.#next, (this.#running ?? -1) + 1)
  }

  /** The tick to end with. */
  get #last(): number {
    const { zeroTime, intervalMs } = this.#options.coordinator.head
    const current = Math.floor((this.#options.clock.now() - zeroTime) / intervalMs) + 1
    const upcoming = this.#upcoming
    if (upcoming >= current) return upcoming
    return upcoming - this.#underWay
  }
}

const tickAfter = (head: Head): number => head.tick + 1

/** Another coordinator runs, or the app was halted: going on is useless. */
const isFinal = (error: unknown): boolean => isOurs(error) && endsCoordinator(error.code)
