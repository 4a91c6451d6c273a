import { runInThisContext } from 'node:vm'
import type { Time } from '../../lib/index.ts'
import type { Fn } from './cases.ts'

/** What functions of cases may touch besides their arguments. Each case has its own. */
export interface FunctionScope {
  readonly globals: Record<string, any>
  readonly counters: Record<string, number>
  readonly seen: Record<string, any>
  readonly log: Record<string, any[]>
  currentTimestampMs(): number
  expectThrows(type: string, f: () => unknown): void
  jobGroup(): string | null
  localProperty(name: string): string | null
}

export type AnyFunction = (...args: any[]) => any

/** A function that a case wrote as text. */
export const compile = ({ fn }: Fn, scope: FunctionScope): AnyFunction => evaluate(fn, scope) as AnyFunction

/** An expression of a case, with `more` names in scope. */
export function evaluate(text: string, scope: FunctionScope, more: Record<string, unknown> = {}): unknown {
  const names = { ...scope, ...more }
  return runInThisContext(`(${Object.keys(names).join(', ')}) => (${text})`)(...Object.values(names))
}

/** Counters begin at 0 and logs empty, whatever their names. */
export function newScope(
  host: Pick<FunctionScope, 'currentTimestampMs' | 'jobGroup' | 'localProperty'>,
): FunctionScope {
  return { globals: {}, counters: startingWith(() => 0), seen: {}, log: startingWith(() => []), ...host, expectThrows }
}

const startingWith = <V>(first: () => V): Record<string, V> =>
  new Proxy<Record<string, V>>(
    {},
    { get: (target, name) => (typeof name === 'symbol' ? undefined : (target[name] ??= first())) },
  )

function expectThrows(type: string, f: () => unknown): void {
  try {
    f()
  } catch {
    return
  }
  throw new Error(`expected a ${type}`)
}

/** The batch time as the function wants it: a Time where it asks for `.milliseconds`, else plain milliseconds. */
export const timeFor = ({ fn }: Fn): ((time: Time) => Time | number) =>
  fn.includes('.milliseconds') ? (time) => time : (time) => time.milliseconds

/** Absent values are null in cases. */
export const orNull = <T>(value: T | undefined): T | null => value ?? null
