import type { BlobStore } from '../host/blob-store.ts'
import type { Clock } from '../host/clock.ts'
import type { HeadStore } from '../host/head-store.ts'
import type { Head } from '../model/head.ts'
import { applies, type FaultPlan, NoFaults, type PortCall, type Strike } from './faults.ts'
import { never, type SimProcess } from './sim-process.ts'
import type { Trace } from './trace.ts'
import type { World } from './world.ts'

/**
 * The way from processes to the outside: every call waits, may fail, takes effect, may lose its answer, and waits
 * again.
 */
export class Ports {
  readonly world: World
  readonly trace: Trace
  #plan: FaultPlan
  #calls = 0
  #faults = 0
  readonly happened = new Map<string, number>()

  constructor(world: World, trace: Trace, plan: FaultPlan) {
    this.world = world
    this.trace = trace
    this.#plan = plan
  }

  get calls(): number {
    return this.#calls
  }
  get faults(): number {
    return this.#faults
  }

  /** From here on nothing goes wrong. What is late stays under way. */
  heal(): void {
    this.#plan = new NoFaults()
  }

  count(shape: string): void {
    this.happened.set(shape, (this.happened.get(shape) ?? 0) + 1)
  }

  async call<T>(
    process: SimProcess,
    call: PortCall,
    effect: () => Promise<T>,
    damage?: () => Promise<unknown>,
  ): Promise<T> {
    const strike = this.#strike(process, call)
    const fault = strike?.fault ?? null
    await process.wait(this.#plan.latency())
    if (fault === 'crash-before') await crash(process)
    if (fault === 'pause-before') await pause(process, strike!.ms)
    if (fault === 'throttled') throw noAnswer(call, 'refused for now')
    if (fault === 'lost-object') await damage?.()
    if (fault === 'late') {
      this.world.after(strike!.ms, () => void effect().catch(() => {}))
      throw noAnswer(call, 'no answer in time')
    }
    const result = await effect()
    if (fault === 'twice') this.world.after(strike!.ms, () => void effect().catch(() => {}))
    if (fault === 'crash-after') await crash(process)
    if (fault === 'pause-after') await pause(process, strike!.ms)
    if (fault === 'lost-reply') throw noAnswer(call, 'the answer was lost')
    await process.wait(this.#plan.latency())
    return result
  }

  #strike(process: SimProcess, call: PortCall): Strike | null {
    const strike = this.#plan.strike(call, this.#calls++, process.name)
    this.trace.add(
      this.world.now(),
      `${process.name} ${call.port}.${call.operation} ${call.about}${strike ? ` ${strike.fault}` : ''}`,
    )
    if (!strike || !applies(strike.fault, call)) return null
    this.count(`${strike.fault} ${call.port}`)
    if (strike.fault === 'lost-reply' && call.about === 'commit') this.count('lost commit reply')
    this.#faults++
    return strike
  }

  /** Time as one process sees it: its clock may be wrong, and stands still while the process is dead. */
  clock(process: SimProcess): Clock {
    const { world } = this
    return {
      now: () => world.now() + process.clockOffMs,
      sleepUntil: async (time, signal) => {
        await world.sleepUntil(time - process.clockOffMs, signal)
        await process.running()
      },
    }
  }

  head(process: SimProcess, store: HeadStore<Head>): HeadStore<Head> {
    return {
      read: () =>
        this.call(process, { port: 'head', operation: 'read', about: '', changes: false }, () => store.read()),
      cas: (expected, value, cause) =>
        this.call(process, { port: 'head', operation: 'cas', about: cause, changes: true }, () =>
          store.cas(expected, value, cause),
        ),
      close: async () => {},
    }
  }

  blobs(process: SimProcess, store: BlobStore): BlobStore {
    const call = <T>(operation: string, about: string, changes: boolean, effect: () => Promise<T>): Promise<T> =>
      this.call(process, { port: 'blobs', operation, about, changes }, effect, () => store.delete(about))
    return {
      putNew: (key, bytes) => call('put', key, true, () => store.putNew(key, bytes)),
      get: (key) => call('get', key, false, () => store.get(key)),
      getRange: (key, offset, length) => call('get', key, false, () => store.getRange(key, offset, length)),
      list: (prefix) => call('list', prefix, false, () => store.list(prefix)),
      delete: (key) => call('delete', key, true, () => store.delete(key)),
    }
  }
}

async function pause(process: SimProcess, ms: number): Promise<void> {
  process.pause(ms)
  await process.running()
}

async function crash(process: SimProcess): Promise<never> {
  process.end()
  return never()
}

/** As raw as a broken connection: nothing in it says whether the call took effect. */
const noAnswer = (call: PortCall, why: string): Error =>
  new Error(`${SIMULATED}${call.port}.${call.operation} ${call.about}: ${why}`)
export const SIMULATED = 'simulated: '
