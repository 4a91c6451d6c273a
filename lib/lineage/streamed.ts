import { narrow, type RddNode, runPartition, type Sink } from './node.ts'

/** An operator that sees each partition's records one by one and keeps something per partition, such as a counter. */
export const streamedNode = <T, U>(
  kind: string,
  parent: RddNode<T>,
  newSink: (split: number, out: Sink<U>) => Sink<T>,
): RddNode<U> => ({
  kind,
  partitions: parent.partitions,
  partitioner: null,
  dependencies: [narrow(parent)],
  compute: (split, task, sink) => runPartition(parent, split, task, newSink(split, sink)),
})
