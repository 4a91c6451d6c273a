import type { DStream } from '../dstream.ts'
import { narrowStream } from './narrow-stream.ts'

/** `f` of each value; key and partitioner stay (Spark: `PairDStreamFunctions.mapValues`). */
export const mapValues = <K, V, U>(stream: DStream<readonly [K, V]>, f: (value: V) => U): DStream<[K, U]> =>
  narrowStream(stream, { kind: 'mapValues', f })
