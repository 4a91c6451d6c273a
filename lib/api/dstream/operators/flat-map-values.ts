import type { DStream } from '../dstream.ts'
import { narrowStream } from './narrow-stream.ts'

/** Zero or more values for each value; key and partitioner stay (Spark: `PairDStreamFunctions.flatMapValues`). */
export const flatMapValues = <K, V, U>(
  stream: DStream<readonly [K, V]>,
  f: (value: V) => Iterable<U>,
): DStream<[K, U]> => narrowStream(stream, { kind: 'flatMapValues', f })
