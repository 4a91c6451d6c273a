import type { DStream, Parts, ShuffleOptions } from '../dstream.ts'
import { combineByKey } from './combine-by-key.ts'

/**
 * One value per key; a single value passes through untouched. `f` must be associative and commutative (Spark:
 * `PairDStreamFunctions.reduceByKey`).
 */
export const reduceByKey = <K, V>(
  stream: DStream<readonly [K, V]>,
  f: (a: V, b: V) => V,
  parts?: Parts | ShuffleOptions,
): DStream<[K, V]> =>
  combineByKey(stream, 'reduceByKey', { create: (value: V) => value, merge: f, mergeCombiners: f, reduce: true }, parts)
