import type { DStream, Parts, ShuffleOptions } from '../dstream.ts'
import { map } from './map.ts'
import { reduceByKey } from './reduce-by-key.ts'

/** How often each record occurs in the batch; nothing for an empty batch (Spark: `DStream.countByValue`). */
export const countByValue = <T>(stream: DStream<T>, parts?: Parts | ShuffleOptions): DStream<[T, number]> =>
  reduceByKey(
    map(stream, (record): [T, number] => [record, 1]),
    (a, b) => a + b,
    parts,
  )
