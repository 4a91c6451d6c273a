import type { DStream, Parts, ShuffleOptions } from '../dstream.ts'
import { combineByKey } from './combine-by-key.ts'

/**
 * All values of each key of the batch (Spark: `PairDStreamFunctions.groupByKey`). Nothing is combined before the
 * shuffle: it would save nothing.
 */
export const groupByKey = <K, V>(stream: DStream<readonly [K, V]>, parts?: Parts | ShuffleOptions): DStream<[K, V[]]> =>
  combineByKey<K, V, V[]>(
    stream,
    'groupByKey',
    {
      create: (value) => [value],
      merge: (values, value) => {
        values.push(value)
        return values
      },
      mergeCombiners: (a, b) => a.concat(b),
    },
    parts,
    false,
  )
