import type { DStream } from '../dstream.ts'
import { narrowStream } from './narrow-stream.ts'

/** The records that `keep` accepts, in place: keys stay where they are (Spark: `DStream.filter`). */
export const filter = <T>(stream: DStream<T>, keep: (record: T) => unknown): DStream<T> =>
  narrowStream(stream, { kind: 'filter', f: keep })
