import { badArgument } from '../lineage/bad-argument.ts'
import { shownOr } from '../model/settled.ts'
import { CRASH_POINTS, type CrashPoint, type Reaper } from './test-life.ts'

/** A process that dies, once. */
export interface Crash {
  /** Number of the batch, from 1; the next one if it is left out. */
  readonly batch?: number
  /** Where in the batch. */
  readonly at: CrashPoint
}

/** An output that throws. */
export interface Failure {
  /** Name of the output. */
  readonly output: string
  /** 1 if it is left out. */
  readonly times?: number
  /** What it throws; an error that says so if it is left out. */
  readonly error?: Error
}

const isPoint = (at: unknown): boolean =>
  CRASH_POINTS.some((point) => point === at) || Number.isInteger((at as { call?: number } | null | undefined)?.call)

/** What a test has asked to go wrong and has not happened yet. */
export class TestFaults {
  readonly #crashes: { readonly batch: number; readonly at: CrashPoint; calls: number }[] = []
  readonly #failures: { readonly output: string; times: number; readonly error: Error }[] = []

  crash(batch: number, at: CrashPoint): void {
    if (!Number.isInteger(batch)) throw badArgument(`The batch of a crash is ${shownOr(batch)}.`, 'batch: 2')
    if (!isPoint(at)) throw badArgument(`There is no ${shownOr(at)} to crash at.`, `one of ${CRASH_POINTS.join(', ')}`)
    this.#crashes.push({ batch, at, calls: 0 })
  }

  fail(output: string, times: number, error: Error): void {
    if (!(times >= 0)) throw badArgument(`An output is to fail ${shownOr(times)} times.`, 'times: 1')
    this.#failures.push({ output, times, error })
  }

  /** Whether the process dies at this point of `batch`; each crash happens once. */
  isFatal(point: Parameters<Reaper>[0], batch: number): boolean {
    const at = this.#crashes.findIndex((crash) => {
      if (typeof crash.at === 'string') return crash.at === point && crash.batch === batch
      return point === 'call' && crash.batch <= batch && ++crash.calls >= crash.at.call
    })
    if (at >= 0) this.#crashes.splice(at, 1)
    return at >= 0
  }

  /** Throws what the next attempt of an output is to fail with. */
  failIfAsked(output: string): void {
    const failure = this.#failures.find((each) => each.output === output && each.times > 0)
    if (!failure) return
    failure.times--
    throw failure.error
  }
}
