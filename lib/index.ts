import './app/install.ts'

export { app } from './app/app.ts'
export type { App, AppOptions } from './app/app.ts'
export {
  Duration,
  Durations,
  Milliseconds,
  milliseconds,
  Minutes,
  minutes,
  Seconds,
  seconds,
  Time,
} from './model/time.ts'
export type { DurationLike } from './model/time.ts'
export { SluiceError } from './model/errors.ts'
export { HashPartitioner, RangePartitioner } from './shuffle/partitioner.ts'
export type { Partitioner } from './shuffle/partitioner.ts'
export { DStream } from './stream/dstream.ts'
export type { Parts, ShuffleOptions } from './stream/dstream.ts'
export { StreamingContext } from './stream/streaming-context.ts'
export { SparkContext } from './stream/spark-context.ts'
export { SparkConf } from './stream/spark-conf.ts'
export { RDD } from './stream/rdd/rdd.ts'
export { StateSpec } from './stream/operators/state-spec.ts'
export type { State } from './stream/operators/state-handle.ts'
export type { BatchInfo, OutputOperationInfo, StreamingListener } from './stream/streaming-listener.ts'
export type { Delivery, OutputSink } from './output/sink.ts'
export type { Source } from './source/source.ts'
export { Receiver } from './source/receiver/receiver.ts'
export { StorageLevel } from './stream/rdd/storage-level.ts'
export { TaskContext } from './stream/rdd/task-context.ts'
export { AccumulatorV2, CollectionAccumulator, NumberAccumulator } from './stream/rdd/accumulator.ts'
export { pythonText, sparkText } from './stream/operators/text.ts'
export type { Broadcast } from './stream/rdd/broadcast.ts'
