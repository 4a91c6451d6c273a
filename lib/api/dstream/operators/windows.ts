import type { DurationLike } from '../../../model/time.ts'
import type { DStream, Parts, ShuffleOptions } from '../dstream.ts'
import { combineByKey } from './combine-by-key.ts'
import { groupByKey } from './group-by-key.ts'
import { map } from './map.ts'
import { reduce } from './reduce.ts'
import { reduceByKeyAndWindow } from './reduce-by-key-and-window.ts'
import { window } from './window.ts'
import { withFilter } from './window-args.ts'

const add = (a: number, b: number): number => a + b
const subtract = (a: number, b: number): number => a - b

/**
 * One value over the window. With an inverse it is incremental and, once any record was seen, always emits (Spark:
 * `DStream.reduceByWindow`).
 */
export function reduceByWindow<T>(
  stream: DStream<T>,
  f: (a: T, b: T) => T,
  inverse: ((a: T, b: T) => T) | null,
  length: DurationLike,
  slide: DurationLike,
): DStream<T> {
  if (!inverse) return reduce(window(reduce(stream, f), length, slide), f)
  const keyed = map(stream, (record): [number, T] => [1, record])
  return map(reduceByKeyAndWindow(keyed, f, inverse, length, slide, 1), (pair) => pair[1])
}

/** How many records the window holds; nothing before the first record ever (Spark: `DStream.countByWindow`). */
export const countByWindow = (stream: DStream<any>, length: DurationLike, slide: DurationLike): DStream<number> =>
  reduceByWindow(
    map(stream, (): number => 1),
    add,
    subtract,
    length,
    slide,
  )

/**
 * How often each record occurs in the window; what falls to zero disappears (Spark: `DStream.countByValueAndWindow`).
 */
export const countByValueAndWindow = <T>(
  stream: DStream<T>,
  length: DurationLike,
  slide: DurationLike,
  parts?: Parts | ShuffleOptions,
): DStream<[T, number]> =>
  reduceByKeyAndWindow(
    map(stream, (record): [T, number] => [record, 1]),
    add,
    subtract,
    length,
    slide,
    withFilter(parts, ([, count]: [T, number]) => count !== 0),
  )

/**
 * All values of each key in the window: grouped per batch, then joined (Spark:
 * `PairDStreamFunctions.groupByKeyAndWindow`).
 */
export function groupByKeyAndWindow<K, V>(
  stream: DStream<readonly [K, V]>,
  length: DurationLike,
  slide?: DurationLike,
  parts?: Parts | ShuffleOptions,
): DStream<[K, V[]]> {
  // The name belongs to the result.
  const grouped = window(groupByKey(stream, stream.context.partitioner(parts)), length, slide)
  return combineByKey<K, V[], V[]>(
    grouped,
    'groupByKeyAndWindow',
    {
      create: (values) => [...values],
      merge: (all, values) => all.concat(values),
      mergeCombiners: (a, b) => a.concat(b),
    },
    parts,
    false,
  )
}
