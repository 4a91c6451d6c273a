import { SluiceError } from '../../../model/errors.ts'
import { checkSettled } from '../../../model/settled.ts'
import { Time } from '../../../model/time.ts'
import { requiredRdd } from '../../../graph/batch-error.ts'
import type { DStream } from '../dstream.ts'
import { SparkContext } from '../../rdd/spark-context.ts'
import { RDD } from '../../rdd/rdd.ts'
import { assertAlike } from './alike.ts'
import { needsStreams } from './given-arguments.ts'
import { needsFunction } from '../../../lineage/bad-argument.ts'

/**
 * Any RDD program per batch, over one or more streams (Spark: `TransformedDStream`). `f` runs when the batch is
 * planned, and again in each process that runs tasks of the batch; results of actions inside it are recorded, so that
 * all of them see the same lineage. `given` is what the program gave, where `f` only calls it.
 */
export function transform<U>(
  streams: readonly DStream<any>[],
  f: (rdds: RDD<any>[], time: Time) => RDD<U>,
  given: unknown,
): DStream<U> {
  needsFunction(given, 'transform')
  needsStreams(streams, 'transform')
  assertAlike(streams)
  const first = streams[0]
  const parents = streams.map((stream) => stream.node)
  const stream: DStream<U> = first.derive<U>({
    kind: 'wide',
    operator: 'transform',
    parents,
    compute: (time, view) => {
      const planner = view.planner(stream.node)
      const rdds = parents.map(
        (parent) =>
          new RDD(
            SparkContext.of(view.driver),
            requiredRdd(parent, time, view, "Couldn't generate RDD from parent"),
            planner,
          ),
      )
      const result = f(rdds, new Time(time)) as RDD<U> | null | undefined
      if (result instanceof RDD) return result.node
      checkSettled(result, 'transform', { operator: stream.node.uid, place: stream.node.place })
      throw new SluiceError(
        'E_TRANSFORM_NULL',
        'Transform function must not return null. Return SparkContext.emptyRDD() instead to represent no ' +
          'element as the result of transformation.',
        {
          where: { operator: stream.node.uid, place: stream.node.place },
          did: 'this batch was not run; later batches go on',
          spark: 'SparkException',
          next: ['return an RDD from the function'],
        },
      )
    },
  })
  return stream
}
