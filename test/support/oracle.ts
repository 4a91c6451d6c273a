import { lookupKey } from '../../lib/keys/lookup.ts'
import type { Batch } from './run.ts'

type Pair<V> = readonly [unknown, V]

/** Pairs by key, keys in order of appearance, values in order of arrival: what every operator is compared with. */
export function grouped<V>(pairs: readonly Pair<V>[]): [unknown, V[]][] {
  const groups = new Map<unknown, [unknown, V[]]>()
  for (const [key, value] of pairs) {
    const group = groups.get(lookupKey(key))
    if (group) group[1].push(value)
    else groups.set(lookupKey(key), [Object.is(key, -0) ? 0 : key, [value]])
  }
  return [...groups.values()]
}

export const reduced = <V>(pairs: readonly Pair<V>[], f: (a: V, b: V) => V): [unknown, V][] =>
  grouped(pairs).map(([key, values]) => [key, values.reduce(f)])

const isKey = (a: unknown, b: unknown): boolean => Object.is(lookupKey(a), lookupKey(b))
export const valueOf = <V>(pairs: readonly Pair<V>[], key: unknown): V | undefined =>
  pairs.find(([other]) => isKey(other, key))?.[1]
export const valuesOf = <V>(pairs: readonly Pair<V>[], key: unknown): V[] =>
  pairs.filter(([other]) => isKey(other, key)).map(([, value]) => value)

/** A window in batches. */
export interface WindowShape {
  readonly length: number
  readonly slide: number
}

/**
 * For each batch, the batches inside the window that ends there; `undefined` where the window does not fire. Times
 * count from 1.
 */
export function windows<T>(batches: readonly Batch<T>[], { length, slide }: WindowShape): (Batch<T>[] | undefined)[] {
  return batches.map((_, i) => ((i + 1) % slide === 0 ? batches.slice(Math.max(0, i + 1 - length), i + 1) : undefined))
}

export const recordsIn = <T>(window: readonly Batch<T>[]): T[] => window.flatMap((batch) => batch ?? [])
