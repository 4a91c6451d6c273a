import type { DStream } from '../dstream.ts'
import { map } from './map.ts'
import { reduceByKey } from './reduce-by-key.ts'

/**
 * One record per batch; an empty batch stays empty (Spark: `DStream.reduce`, which also goes through one shared key).
 */
export function reduce<T>(stream: DStream<T>, f: (a: T, b: T) => T): DStream<T> {
  const keyed = map(stream, (record): [null, T] => [null, record])
  return map(reduceByKey(keyed, f, 1), (pair) => pair[1])
}
