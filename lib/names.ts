// What programs import as 'sluice', wherever they run: `index.ts` adds the engine of this process, `function.ts` none.
export { app } from './hosts/program/app.ts'
export type { App, AppOptions } from './hosts/program/app.ts'
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
export type { ErrorCode, Fault } from './model/error-codes.ts'
export { SluiceError } from './model/errors.ts'
export { HashPartitioner, RangePartitioner } from './shuffle/partitioner.ts'
export type { Partitioner } from './shuffle/partitioner.ts'
export { DStream } from './api/dstream/dstream.ts'
export type { Parts, ShuffleOptions } from './api/dstream/dstream.ts'
export type { Named } from './api/dstream/named.ts'
export type { MapAsyncOptions } from './api/dstream/operators/map-async.ts'
export type { CsvOptions } from './api/dstream/operators/decode.ts'
export type { RateOptions, RateRecord } from './api/dstream/sources/rate-source.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './codec/standard-schema.ts'
export type { FollowOptions, HttpOptions, LineChoice } from './source/source-factories.ts'
export type { AsyncCall } from './lineage/asynchronous.ts'
export { StreamingContext } from './api/dstream/streaming-context.ts'
export { SparkContext } from './api/rdd/spark-context.ts'
export { SparkConf } from './model/spark-conf.ts'
export { RDD } from './api/rdd/rdd.ts'
export { StateUpdate } from './api/dstream/operators/update-state-forms.ts'
export { StateSpec } from './api/dstream/operators/state-spec.ts'
export type { State } from './api/dstream/operators/state-handle.ts'
export type { BatchInfo, OutputOperationInfo, StreamingListener } from './observe/streaming-listener.ts'
export type { Delivery, OutputSink } from './output/sink.ts'
export type { CutRequest, Source, SourceIo } from './source/source.ts'
export type { Cut } from './model/manifest.ts'
export type { Json } from './model/json.ts'
export type { SourceProgress } from './model/source-progress.ts'
export { Receiver } from './source/receiver/receiver.ts'
export { StorageLevel } from './api/rdd/storage-level.ts'
export { TaskContext } from './lineage/task-context.ts'
export { AccumulatorV2, CollectionAccumulator, NumberAccumulator } from './lineage/accumulator.ts'
export { pythonText, sparkText } from './codec/text.ts'
export type { Broadcast } from './api/rdd/broadcast.ts'
