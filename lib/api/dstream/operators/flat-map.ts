import type { DStream } from '../dstream.ts'
import { narrowStream } from './narrow-stream.ts'

/** Zero or more records for each record (Spark: `DStream.flatMap`). */
export const flatMap = <T, U>(stream: DStream<T>, f: (record: T) => Iterable<U>): DStream<U> =>
  narrowStream(stream, { kind: 'flatMap', f })
