import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AccumulatorV2, RangePartitioner, seconds, SparkContext, StreamingContext } from '../../../lib/index.ts'
import type { ErrorCode } from '../../../lib/model/error-codes.ts'
import { hasCode } from '../../../lib/model/errors.ts'

const sc = new SparkContext('local[2]', 'arguments')
const numbers: any = sc.parallelize([1, 2, 3])
const pairs: any = sc.parallelize([
  ['a', 1],
  ['b', 2],
])
const add = (a: number, b: number): number => a + b
const none = [undefined, null, 'x', 5, [1], {}]

const refused = (act: () => unknown, message: RegExp, code: ErrorCode = 'E_ARGUMENT'): void =>
  assert.throws(act, (error) => {
    assert.ok(hasCode(error, code), String(error))
    assert.match(error.message, message)
    return true
  })

test('what is no RDD meets no RDD', () => {
  const meetings = ['union', 'intersection', 'subtract', 'cartesian', 'zip']
  for (const method of meetings)
    for (const other of none) refused(() => numbers[method](other), new RegExp(`^${method} was given .* needs an RDD`))
  const keyed = ['join', 'leftOuterJoin', 'rightOuterJoin', 'fullOuterJoin', 'subtractByKey', 'cogroup', 'groupWith']
  for (const method of keyed) for (const other of none) refused(() => pairs[method](other), /needs an RDD/)
  refused(() => pairs.cogroup(), /needs an RDD/)
  refused(() => pairs.cogroup(pairs, null, pairs), /^cogroup was given null/)
  refused(() => numbers.zipPartitions(5, add), /^zipPartitions was given a number/)
  for (const first of none) refused(() => sc.union(first as never, numbers), /^union was given/)
  refused(() => sc.union([numbers, 5] as never), /^union was given a number/)
  refused(() => sc.runJob(5 as never, add as never), /^runJob was given a number/)
})

test('flags, seeds and names that are of another kind are refused: they would count as true, or as none', () => {
  const by = (records: any): any => records
  refused(() => numbers.coalesce(1, 'no'), /^coalesce was given "no" for shuffle/)
  refused(() => numbers.mapPartitions(by, 1), /^mapPartitions was given 1 for preservesPartitioning/)
  refused(() => numbers.mapPartitionsWithIndex(by, 1), /^mapPartitionsWithIndex was given 1 for/)
  refused(() => pairs.combineByKey(add, add, add, 2, 'no'), /^combineByKey was given "no" for mapSideCombine/)
  for (const seed of ['x', null, NaN, {}]) {
    refused(() => numbers.sample(false, 0.5, seed), /^sample was given .* for its seed/)
    refused(() => numbers.randomSplit([1, 1], seed), /^randomSplit was given .* for its seed/)
    refused(() => numbers.takeSample(false, 1, seed), /^takeSample was given .* for its seed/)
    refused(() => pairs.sampleByKey(false, {}, seed), /^sampleByKey was given .* for its seed/)
    refused(() => pairs.sampleByKeyExact(false, {}, seed), /^sampleByKeyExact was given .* for its seed/)
  }
  refused(() => numbers.pipe('cat', 'LC_ALL=C'), /^The options of pipe are "LC_ALL=C"/)
  refused(() => sc.longAccumulator(0 as never), /^an accumulator was given 0, and needs a name, if anything: it begins/)
  refused(() => sc.setLocalProperty('pool', 5 as never), /^The property pool is 5/)
  refused(() => sc.setLocalProperty(5 as never, 'x'), /^setLocalProperty was given 5/)
})

test('a stream in place of an RDD is told from other things', () => {
  const stream = new StreamingContext(sc, seconds(1)).socketTextStream('localhost', 1)
  refused(() => numbers.union(stream), /^union was given a stream, and needs an RDD/)
})

test('what is no function is refused by the method that it was given to', () => {
  const alone = ['map', 'filter', 'flatMap', 'mapPartitions', 'mapPartitionsWithIndex', 'keyBy', 'groupBy', 'sortBy']
  const actions = ['reduce', 'treeReduce', 'foreach', 'foreachPartition', 'foreachAsync', 'foreachPartitionAsync']
  const keyed = ['mapValues', 'flatMapValues', 'reduceByKey', 'combineByKey', 'reduceByKeyLocally']
  for (const f of none) {
    for (const method of [...alone, ...actions])
      refused(() => numbers[method](f), new RegExp(`^${method} was given .*, and needs a function`))
    for (const method of keyed) refused(() => pairs[method](f), new RegExp(`^${method} was given`))
    refused(() => pairs.combineByKey(add, add, f), /^combineByKey was given/)
    refused(() => pairs.aggregateByKey(0, add, f), /^aggregateByKey was given/)
    refused(() => pairs.aggregateByKey(0)(add, f), /^aggregateByKey was given/)
    refused(() => pairs.foldByKey(0)(f), /^foldByKey was given/)
    refused(() => numbers.fold(0)(f), /^fold was given/)
    refused(() => numbers.aggregate(0, add, f), /^aggregate was given/)
    refused(() => numbers.treeAggregate(0, add, f), /^treeAggregate was given/)
    refused(() => numbers.zipPartitions(numbers, f), /^zipPartitions was given/)
    refused(() => sc.runJob(numbers, f as never), /^runJob was given/)
    if (f === undefined) continue
    refused(() => numbers.fold(0, f), /^fold was given/)
    refused(() => numbers.sortBy(add, true, 2, f), /^the order of records was given/)
    for (const method of ['max', 'min']) refused(() => numbers[method](f), /^the order of records was given/)
  }
})

test('what is no number of partitions and no partitioner loses no record', () => {
  const ways: readonly ((parts: any) => unknown)[] = [
    (parts) => numbers.distinct(parts),
    (parts) => numbers.groupBy(add, parts),
    (parts) => pairs.groupByKey(parts),
    (parts) => pairs.join(pairs, parts),
    (parts) => pairs.cogroup(pairs, parts),
    (parts) => pairs.partitionBy(parts),
    (parts) => pairs.foldByKey(0, parts),
    (parts) => pairs.sortByKey(true, parts),
    (parts) => sc.parallelize([1], parts),
  ]
  for (const way of ways)
    for (const parts of [null, 'x', '2', 0, -1, 1.5, NaN, Infinity, {}, [2], { getPartition: () => 0 }])
      refused(() => way(parts), /^Number of partitions \(.+\) must be a positive whole number/, 'E_PARTITIONS')
  refused(() => new RangePartitioner('abc' as never, add as never), /^RangePartitioner was given/, 'E_PARTITIONS')
})

test('numbers of records are whole, or all of them', () => {
  for (const method of ['take', 'top', 'takeOrdered'])
    for (const n of [undefined, null, '2', NaN, 1.5, [1]])
      refused(() => numbers[method](n), new RegExp(`^${method} was given`))
  refused(() => numbers.takeSample(false, 1.5), /^takeSample was given 1.5/)
  assert.deepEqual(numbers.take(Infinity), [1, 2, 3])
  assert.deepEqual(numbers.take(-1), [])
})

test('a range of what are no numbers, or of too many, is refused', () => {
  for (const bound of [null, 'x', NaN, Infinity, [1]]) refused(() => sc.range(bound as never), /^range was given/)
  refused(() => sc.range(0, 4, '1' as never), /^range was given "1"/)
  refused(() => sc.range(1e10), /is too long/)
})

test('an order that is named instead of asked for does not turn into the other one', () => {
  refused(() => numbers.sortBy((n: number) => n, 'descending'), /^a sort was given "descending" for ascending/)
  refused(() => pairs.sortByKey((a: number, b: number) => b - a), /^a sort was given a function for ascending/)
  refused(() => numbers.sample('no', 0.5), /^a sample was given "no" for withReplacement/)
  refused(() => numbers.sample(false, '0.5'), /^The sampling fraction "0.5" must be/)
  refused(() => pairs.sampleByKey(false, null), /^The sampling fractions are null/)
  refused(() => numbers.randomSplit(null), /^randomSplit was given null/)
  refused(() => numbers.countApproxDistinct(Infinity), /is out of range/)
})

test('other arguments are refused in words as well', () => {
  refused(() => numbers.persist('MEMORY_ONLY'), /^persist was given "MEMORY_ONLY", and needs a storage level/)
  refused(() => numbers.pipe(null), /^There is no command/)
  refused(() => numbers.histogram('x'), /^Histogram edges must be/)
  refused(() => sc.setLogLevel(null as never), /^Supplied level null/)
  refused(() => sc.register({} as AccumulatorV2<any, any>), /^register was given an object/)
  refused(() => sc.runJob(numbers, add as never, [7]), /^runJob takes numbers of partitions/)
  refused(() => sc.wholeTextFiles('package.json', 'x' as never), /^Number of partitions/, 'E_PARTITIONS')
})
