import { stableKey } from '../checkpoint/object-keys.ts'
import type { Random } from '../host/random.ts'
import { type Fault, FAULTS, type FaultPlan, latencyMax, type PortCall, type Strike } from './faults.ts'

/**
 * One thing that went wrong in a run. The call is named by what it does, and by how many such calls came before, so
 * that the name means the same in a run in which fewer things go wrong.
 */
interface CallFault {
  readonly kind: 'call'
  readonly fault: Fault
  readonly call: string
  /** From 1. */
  readonly nth: number
  readonly ms: number
  /** The process that made the call in the run in which this was noted. */
  readonly by: string
}

/** A second coordinator was started, so many ms after the beginning, although the first one was well. */
interface StartFault {
  readonly kind: 'start'
  readonly ms: number
}

export type ListedFault = CallFault | StartFault

/** Notes what a plan does. */
export class Journal implements FaultPlan {
  readonly #plan: FaultPlan
  readonly #counts = new CallCounts()
  readonly #noted: ListedFault[]

  constructor(plan: FaultPlan, noted: ListedFault[]) {
    this.#plan = plan
    this.#noted = noted
  }

  strike(call: PortCall, index: number, by: string): Strike | null {
    const { name, nth } = this.#counts.next(call)
    const strike = this.#plan.strike(call, index, by)
    if (strike) this.#noted.push({ kind: 'call', call: name, nth, by, ...strike })
    return strike
  }

  latency(): number {
    return this.#plan.latency()
  }
}

/** Exactly the faults of a list. */
export class ListedFaults implements FaultPlan {
  readonly #timing: Random
  readonly #latencyMax: number
  readonly #counts = new CallCounts()
  readonly #faults: ReadonlyMap<string, CallFault>

  constructor(faults: readonly ListedFault[], timing: Random) {
    this.#timing = timing
    this.#latencyMax = latencyMax(timing)
    this.#faults = new Map(faults.flatMap((each) => (each.kind === 'call' ? [[`${each.call}#${each.nth}`, each]] : [])))
  }

  strike(call: PortCall): Strike | null {
    const { name, nth } = this.#counts.next(call)
    return this.#faults.get(`${name}#${nth}`) ?? null
  }

  latency(): number {
    return this.#timing.next() * this.#latencyMax
  }
}

class CallCounts {
  readonly #counts = new Map<string, number>()

  next({ port, operation, about }: PortCall): { readonly name: string; readonly nth: number } {
    const name = `${port}.${operation} ${port === 'blobs' ? stableKey(about) : about}`.trimEnd()
    const nth = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, nth)
    return { name, nth }
  }
}

/** As `--faults` takes it: what, how long, at which call. */
const faultText = (fault: ListedFault): string =>
  fault.kind === 'start'
    ? `start~${fault.ms}`
    : `${fault.fault}${fault.ms === 0 ? '' : `~${fault.ms}`}@${fault.call}#${fault.nth}`

export const faultsText = (faults: readonly ListedFault[]): string =>
  faults.length === 0 ? 'none' : faults.map(faultText).join('; ')

/** What `faultsText` wrote; `null` when it is something else. */
export function parseFaults(text: string): ListedFault[] | null {
  if (text === 'none') return []
  const faults = text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseFault)
  return faults.includes(null) ? null : (faults as ListedFault[])
}

function parseFault(text: string): ListedFault | null {
  const start = /^start~(\d+)$/.exec(text)
  if (start) return { kind: 'start', ms: Number(start[1]) }
  const match = /^([a-z-]+)(?:~(\d+))?@(.+)#(\d+)$/.exec(text)
  const fault = FAULTS.find((each) => each === match?.[1])
  return match && fault
    ? { kind: 'call', fault, ms: Number(match[2] ?? 0), call: match[3], nth: Number(match[4]), by: '' }
    : null
}

/** For people. */
export function faultLine(fault: ListedFault): string {
  if (fault.kind === 'start') return `a second coordinator is started after ${(fault.ms / 1000).toFixed(1)} s`
  const { call, nth, by, ms } = fault
  const lasting = ms === 0 ? '' : `, ${(ms / 1000).toFixed(1)} s`
  return (
    `${fault.fault.replace('-', ' ')}${lasting}: ` +
    `${call}${nth === 1 ? '' : ` (number ${nth} of its kind)`}${by === '' ? '' : `, ${by}`}`
  )
}
