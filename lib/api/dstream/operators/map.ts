import type { DStream } from '../dstream.ts'
import { narrowStream } from './narrow-stream.ts'

/** `f` of each record (Spark: `DStream.map`). */
export const map = <T, U>(stream: DStream<T>, f: (record: T) => U): DStream<U> =>
  narrowStream(stream, { kind: 'map', f })
