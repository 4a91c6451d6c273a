import type { Taken } from '../rdd/surplus.ts'

/** Of `DStream`. */
export const STREAM_TAKES: Taken = {
  fields: Infinity,
  decodeCsv: 2,
  mapPartitions: 2,
  combineByKey: 5,
  reduceByWindow: 4,
  reduceByKeyAndWindow: 6,
  updateStateByKey: 4,
  print: 2,
  pprint: 2,
  foreachRDD: 2,
  foreachPartition: 2,
  saveAsTextFiles: 3,
  saveAsObjectFiles: 3,
  output: 3,
  persist: 1,
}

/** Of `StreamingContext`; `union` of what is in no list says itself what to write. */
export const CONTEXT_TAKES: Taken = {
  source: 3,
  socketTextStream: 3,
  socketStream: 4,
  rawSocketStream: 3,
  stdinStream: 1,
  httpStream: 2,
  followStream: 2,
  rateStream: 2,
  textFileStream: 2,
  binaryRecordsStream: 3,
  fileStream: 2,
  queueStream: 4,
  receiverStream: 2,
  union: Infinity,
  stop: 2,
  partitioner: 2,
  assertNotStarted: 2,
}
