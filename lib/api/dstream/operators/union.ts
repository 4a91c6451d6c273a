import { SluiceError } from '../../../model/errors.ts'
import { requiredRdd } from '../../../graph/batch-error.ts'
import type { DStream } from '../dstream.ts'
import { unionNode } from '../../../lineage/combine.ts'
import { callerPlace } from '../../../model/place.ts'
import { assertAlike } from './alike.ts'
import { needsStreams } from './given-arguments.ts'

/** The records of all streams, duplicates kept (Spark: `UnionDStream`). */
export function union<T>(streams: readonly DStream<T>[]): DStream<T> {
  needsStreams(streams, 'union')
  const [first] = streams
  if (!first) {
    throw new SluiceError('E_GRAPH', 'Empty array of parents: a union needs at least one stream.', {
      where: { place: callerPlace() },
      did: 'nothing was started',
      spark: 'IllegalArgumentException',
      next: ['pass the streams to unite'],
    })
  }
  assertAlike(streams)
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
