import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

/** What the language itself gives a program: time and randomness that no port stands in front of. */
export interface Ambient {
  /** Milliseconds since the epoch. */
  now(): number
  /** Uniform in [0, 1). */
  next(): number
  /** Hears of every use, before it is answered; what it throws, the user of it gets. */
  used(what: string): void
  /** Whether timers are refused as well. */
  readonly timers: 'real' | 'refused'
}

/** For our own simulations: whoever asks is in the wrong, because a run would no longer depend on its seed alone. */
export const refusing: Ambient = {
  now: () => 0,
  next: () => 0,
  used: (what) => {
    throw new Error(`${what} was called in a simulation; time and randomness come from the host`)
  },
  timers: 'refused',
}

/**
 * Puts `ambient` in the place of `Date`, `Math.random`, `crypto` and timers of this process; what it returns puts back
 * what was there.
 */
export function installAmbient(ambient: Ambient): () => void {
  const { Date: date, setTimeout: timeout, setInterval: interval } = globalThis
  const { random } = Math
  const { randomUUID: uuid } = crypto
  const web = globalThis.crypto.randomUUID
  const now = (what: string): number => {
    ambient.used(what)
    return ambient.now()
  }
  const refused = (what: string) => (): never => {
    ambient.used(what)
    throw new Error(`${what} does not work in a simulation`)
  }
  const newUuid = (): ReturnType<typeof uuid> => {
    ambient.used('randomUUID()')
    const digits = Array.from({ length: 32 }, () => Math.floor(ambient.next() * 16).toString(16)).join('')
    return digits.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5') as ReturnType<typeof uuid>
  }
  globalThis.Date = new Proxy(date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length > 0 ? args : [now('new Date()')], newTarget) as object,
    apply: (target) => new target(now('Date()')).toString(),
    get: (target, key) => (key === 'now' ? () => now('Date.now()') : (Reflect.get(target, key) as unknown)),
  })
  Math.random = () => {
    ambient.used('Math.random()')
    return ambient.next()
  }
  crypto.randomUUID = newUuid
  globalThis.crypto.randomUUID = newUuid
  if (ambient.timers === 'refused')
    Object.assign(globalThis, { setTimeout: refused('setTimeout()'), setInterval: refused('setInterval()') })
  syncBuiltinESMExports()
  return () => {
    Object.assign(globalThis, { Date: date, setTimeout: timeout, setInterval: interval })
    Math.random = random
    crypto.randomUUID = uuid
    globalThis.crypto.randomUUID = web
    syncBuiltinESMExports()
  }
}
