import { kindOf } from '../checkpoint/object-keys.ts'
import type { Random } from '../host/random.ts'

/** What may go wrong around one port call. */
export const FAULTS = [
  'crash-before',
  'crash-after',
  'lost-reply',
  'late',
  'twice',
  'throttled',
  'pause-before',
  'pause-after',
  'lost-object',
] as const
export type Fault = (typeof FAULTS)[number]

type PortName = 'head' | 'blobs' | 'launcher' | 'source' | 'sink'

export interface PortCall {
  readonly port: PortName
  readonly operation: string
  /** The key, cause or batch concerned. */
  readonly about: string
  /** Whether the call changes anything; only then can its effect come late or twice. */
  readonly changes: boolean
}

/** Whether a fault can happen to a call at all. */
export function applies(fault: Fault, call: PortCall): boolean {
  if (fault === 'late' || fault === 'twice') return call.changes
  if (fault === 'lost-object')
    return call.port === 'blobs' && call.operation === 'get' && kindOf(call.about) === 'shuffle'
  return true
}

/** A fault, and how long an effect is under way (`late`, `twice`) or a process stands still (`pause-…`), in ms. */
export interface Strike {
  readonly fault: Fault
  readonly ms: number
}

/** Decides what happens to each call, and how long things take. */
export interface FaultPlan {
  /** The `index`-th call of the run, made by the process `by`. */
  strike(call: PortCall, index: number, by: string): Strike | null
  /** One way, in ms. */
  latency(): number
}

/** Nothing goes wrong and every call takes one millisecond each way. */
export class NoFaults implements FaultPlan {
  strike(_call: PortCall, _index: number, _by: string): Strike | null {
    return null
  }
  latency(): number {
    return 1
  }
}

/** Nothing goes wrong, and calls take different times. */
export class SlowCalls extends NoFaults {
  readonly #timing: Random

  constructor(timing: Random) {
    super()
    this.#timing = timing
  }

  override latency(): number {
    return this.#timing.next() ** 3 * SLOW_MS
  }
}

const SLOW_MS = 120
/** Longer than a lease, and longer than a batch. */
const PAUSE_MS = 15_000
const DELAY_MS = 3_500
const isPause = (fault: Fault): boolean => fault === 'pause-before' || fault === 'pause-after'

/** One fault at one call, everything else well. */
export class SingleFault extends NoFaults {
  readonly #index: number
  readonly #fault: Fault

  constructor(index: number, fault: Fault) {
    super()
    this.#index = index
    this.#fault = fault
  }

  override strike(call: PortCall, index: number): Strike | null {
    return index === this.#index && applies(this.#fault, call)
      ? { fault: this.#fault, ms: isPause(this.#fault) ? PAUSE_MS : DELAY_MS }
      : null
  }
}

/**
 * Many faults: each run draws which kinds happen at all and how often, so that some runs are rough in one way and calm
 * in all others.
 */
export class RandomFaults implements FaultPlan {
  readonly #random: Random
  readonly #timing: Random
  readonly #rates: readonly (readonly [Fault, number])[]
  readonly #latencyMax: number
  readonly #pace: number
  readonly #pauseMs: number

  /**
   * How long calls take is drawn apart from what happens to them, so that a list of the same faults comes to the same
   * run. `pace` stretches pauses and delays.
   */
  constructor(random: Random, timing: Random, pace: number, pauseMs = 30_000) {
    this.#pace = pace
    this.#pauseMs = pauseMs
    this.#random = random
    this.#timing = timing
    this.#rates = FAULTS.map(
      (fault) => [fault, RATES[Math.floor(random.next() * RATES.length)] * (WEIGHTS[fault] ?? 1)] as const,
    )
    this.#latencyMax = latencyMax(timing)
  }

  strike(call: PortCall): Strike | null {
    for (const [fault, rate] of this.#rates) {
      if (rate > 0 && applies(fault, call) && this.#random.next() < rate * emphasis(call))
        return { fault, ms: this.#msOf(fault) }
    }
    return null
  }

  #msOf(fault: Fault): number {
    if (isPause(fault)) return Math.round((500 + this.#random.next() * this.#pauseMs) * this.#pace)
    return fault === 'late' || fault === 'twice' ? Math.round(this.#random.next() ** 2 * 40_000 * this.#pace) : 0
  }

  latency(): number {
    return this.#timing.next() * this.#latencyMax
  }
}

/** How slow the calls of one run are at most: its first draw. */
export const latencyMax = (timing: Random): number => LATENCIES[Math.floor(timing.next() * LATENCIES.length)]

const RATES = [0, 0, 0.003, 0.01, 0.03]
const LATENCIES = [2, 20, 200]
/** Pauses take long and shape everything that follows; lost objects concern few calls. */
const WEIGHTS: Partial<Record<Fault, number>> = { 'pause-before': 0.3, 'pause-after': 0.3, 'lost-object': 10 }

/** Head writes and sinks are few and matter most. */
const emphasis = (call: PortCall): number => (call.port === 'head' && call.changes ? 4 : call.port === 'sink' ? 2 : 1)
