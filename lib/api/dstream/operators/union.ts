import { requiredRdd } from '../../../graph/batch-error.ts'
import type { DStream } from '../dstream.ts'
import { unionNode } from '../../../lineage/combine.ts'
import { assertAlike } from './alike.ts'
import { needsStreams } from './given-arguments.ts'

/** The records of all streams, duplicates kept (Spark: `UnionDStream`). */
export function union<T>(streams: readonly DStream<T>[]): DStream<T> {
  needsStreams(streams, 'union')
  assertAlike(streams)
  const [first] = streams
  const parents = streams.map((stream) => stream.node)
  return first.derive<T>({
    kind: 'narrow',
    operator: 'union',
    parents,
    compute: (time, view) =>
      unionNode<T>(
        parents.map((parent) => requiredRdd(parent, time, view, 'Could not generate RDD from a parent for unifying')),
      ),
  })
}
