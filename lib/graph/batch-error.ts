import { SluiceError } from '../model/errors.ts'
import type { RddNode } from '../lineage/node.ts'
import type { BatchView, StreamNode } from './stream-node.ts'

/** The parent's RDD, where Spark fails the batch when there is none. */
export function requiredRdd<T>(parent: StreamNode<T>, time: number, view: BatchView, doing: string): RddNode<T> {
  const rdd = view.rdd(parent, time)
  if (rdd) return rdd
  throw new SluiceError('E_NO_RDD', `${doing} at time ${time} ms.`, {
    where: { operator: parent.name ?? parent.uid, place: parent.place },
    did: 'this batch was not run; later batches go on',
    spark: 'SparkException',
    next: ['give the stream a batch at every interval (an empty one will do), or use streams with the same slide'],
  })
}
