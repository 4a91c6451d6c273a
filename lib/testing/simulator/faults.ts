import type { Random } from '../../host/random.ts'

/** What may go wrong around one port call. */
export const FAULTS = ['crash-before', 'crash-after', 'lost-reply', 'late', 'twice', 'throttled', 'pause-before', 'pause-after', 'lost-object'] as const
export type Fault = (typeof FAULTS)[number]

export type PortName = 'head' | 'blobs' | 'launcher' | 'source' | 'sink'

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
  if (fault === 'lost-object') return call.port === 'blobs' && call.operation === 'get' && call.about.includes('/blk/')
  return true
}

/** Decides what happens to each call, and how long things take. */
export interface FaultPlan {
  fault(call: PortCall, index: number): Fault | null
  /** One way, in ms. */
  latency(): number
  /** How long a late effect is under way, in ms. */
  delay(): number
  /** How long a paused process stands still, in ms: longer than a lease. */
  pause(): number
}

/** Nothing goes wrong and every call takes one millisecond each way. */
export class NoFaults implements FaultPlan {
  fault(_call: PortCall, _index: number): Fault | null { return null }
  latency(): number { return 1 }
  delay(): number { return 3_500 }
  pause(): number { return 15_000 }
}

/** One fault at one call, everything else well. */
export class SingleFault extends NoFaults {
  readonly #index: number
  readonly #fault: Fault

  constructor(index: number, fault: Fault) {
    super()
    this.#index = index
    this.#fault = fault
  }

  override fault(call: PortCall, index: number): Fault | null {
    return index === this.#index && applies(this.#fault, call) ? this.#fault : null
  }
}

/** Many faults: each run draws which kinds happen at all and how often, so that some runs are rough in one way and calm in all others. */
export class RandomFaults implements FaultPlan {
  readonly #random: Random
  readonly #rates: readonly (readonly [Fault, number])[]
  readonly #latencyMax: number

  constructor(random: Random) {
    this.#random = random
    this.#rates = FAULTS.map((fault) => [fault, RATES[Math.floor(random.next() * RATES.length)] * (WEIGHTS[fault] ?? 1)] as const)
    this.#latencyMax = LATENCIES[Math.floor(random.next() * LATENCIES.length)]!
  }

  fault(call: PortCall, _index: number): Fault | null {
    for (const [fault, rate] of this.#rates) {
      if (rate > 0 && applies(fault, call) && this.#random.next() < rate * emphasis(call)) return fault
    }
    return null
  }

  latency(): number { return this.#random.next() * this.#latencyMax }
  delay(): number { return this.#random.next() ** 2 * 40_000 }
  pause(): number { return 500 + this.#random.next() * 30_000 }
}

const RATES = [0, 0, 0.003, 0.01, 0.03]
const LATENCIES = [2, 20, 200]
/** Pauses take long and shape everything that follows; lost objects concern few calls. */
const WEIGHTS: Partial<Record<Fault, number>> = { 'pause-before': 0.3, 'pause-after': 0.3, 'lost-object': 10 }

/** Head writes and sinks are few and matter most. */
const emphasis = (call: PortCall): number => (call.port === 'head' && call.changes ? 4 : call.port === 'sink' ? 2 : 1)
