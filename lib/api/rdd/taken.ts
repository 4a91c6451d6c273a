import type { Taken } from './surplus.ts'

/** Of `RDD`. */
export const RDD_TAKES: Taken = {
  mapPartitions: 2,
  mapPartitionsWithIndex: 2,
  pipe: 2,
  union: Infinity,
  zipPartitions: 3,
  sortBy: 4,
  coalesce: 2,
  sample: 3,
  randomSplit: 2,
  combineByKey: 5,
  aggregateByKey: 4,
  foldByKey: 3,
  countApproxDistinctByKey: 2,
  cogroup: 4,
  groupWith: 3,
  sortByKey: 3,
  repartitionAndSortWithinPartitions: 2,
  filterByRange: 3,
  sampleByKey: 3,
  sampleByKeyExact: 3,
}

/** Of `RddActions`. */
export const ACTIONS_TAKE: Taken = {
  persist: 1,
  unpersist: 1,
  countApprox: 2,
  countByValueApprox: 2,
  countApproxDistinct: 1,
  top: 2,
  takeOrdered: 2,
  takeSample: 3,
  max: 1,
  min: 1,
  treeReduce: 2,
  treeAggregate: 4,
}

/** Of `SparkContext`. */
export const CONTEXT_TAKES: Taken = {
  parallelize: 2,
  range: 4,
  union: Infinity,
  textFile: 2,
  wholeTextFiles: 2,
  binaryFiles: 2,
  runJob: 3,
  setJobGroup: 3,
}
