import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DStream, type RDD, SparkContext } from '../../../lib/index.ts'
import { type Build, runBatches, textOf } from '../../support/run.ts'

interface Amount {
  n: number
}
type Order = [string, Amount]

const orders = (): Order[] => [
  ['a', { n: 1 }],
  ['a', { n: 3 }],
  ['b', { n: 2 }],
  ['b', { n: 3 }],
  ['c', { n: 3 }],
  ['d', { n: 3 }],
]

/** Shows a record as it came, and changes all that is in it. */
function spoil(record: unknown): string {
  const came = textOf(record)
  spoilParts(record)
  return came
}

function spoilParts(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.values(value).forEach(spoilParts)
  if (Array.isArray(value)) value.push('spoilt')
  else (value as Amount).n = 999
}

const firstOf = <V>(a: V): V => a
const mapped = (rdd: RDD<any>): RDD<any> => rdd.mapValues((value: unknown) => value)
const withItself = (rdd: RDD<any>): RDD<any> => rdd.union(mapped(rdd))
const byList = (rdd: RDD<Order>): RDD<any> => rdd.map(([name, amount]) => [[name], amount])

/** RDDs made of records that the program holds. */
const rdds: Record<string, (orders: RDD<Order>) => RDD<any>> = {
  'records of the program': (rdd) => rdd,
  'a union with itself': (rdd) => rdd.union(rdd),
  'pairs that moved, read twice': (rdd) => withItself(rdd.partitionBy(2)),
  'pairs with lists as keys that moved, read twice': (rdd) => withItself(byList(rdd).partitionBy(2)),
  'reduced pairs with lists as keys, read twice': (rdd) => withItself(byList(rdd).reduceByKey(firstOf, 2)),
  'sorted pairs, read twice': (rdd) => withItself(rdd.sortByKey()),
  'dealt records, read twice': (rdd) => {
    const dealt = rdd.repartition(3)
    return dealt.union(dealt)
  },
  'groups zipped with themselves': (rdd) => {
    const groups = rdd.groupByKey()
    return groups.zip(groups)
  },
  'all with all': (rdd) => rdd.cartesian(rdd),
  'pairs that moved, with all': (rdd) => rdd.partitionBy(2).cartesian(rdd),
  'a join': (rdd) => rdd.join(rdd),
  'a join by lists': (rdd) => byList(rdd).join(byList(rdd) as never),
  'a left join': (rdd) => rdd.leftOuterJoin(rdd.filter(([name]) => name === 'a')),
  'several values of one key': (rdd) => byList(rdd).flatMapValues(() => [1, 2]),
  'records drawn several times': (rdd) => rdd.sample(true, 3, 7),
  'pairs drawn several times': (rdd) => rdd.sampleByKey(true, { a: 3, b: 3, c: 3, d: 3 }, 3),
  'pairs drawn as often as asked': (rdd) => rdd.sampleByKeyExact(true, { a: 3, b: 3, c: 3, d: 3 }, 3),
  'records that both have': (rdd) => rdd.intersection(rdd),
  'records that the other has not': (rdd) => rdd.union(rdd).subtract(rdd.filter(() => false)),
  'one of each record': (rdd) => rdd.union(rdd).distinct(),
  'a cached RDD': (rdd) => withItself(rdd.cache()),
}

const kept = (pairs: DStream<any>): DStream<any> =>
  pairs.updateStateByKey((values: readonly Amount[], amount?: Amount) => amount ?? values[0])

/** Streams made of records that are new in each batch. */
const streams: Record<string, (orders: DStream<Order>) => DStream<any>> = {
  'state, mapped': (stream) => kept(stream).map((pair) => pair as unknown),
  'state, mapped and united': (stream) => {
    const state = kept(stream).map((pair) => pair as unknown)
    return state.union(state)
  },
  'state with all': (stream) => kept(stream).transform((rdd) => rdd.cartesian(rdd.sparkContext.range(3))),
  'state joined': (stream) => kept(stream).join(stream),
}

const builds: Record<string, (input: DStream<any>) => DStream<any>> = {
  ...Object.fromEntries(
    Object.entries(rdds).map(([name, made]) => {
      const held = orders()
      return [name, (input: DStream<any>) => input.transform((rdd) => made(rdd.sparkContext.parallelize(held, 2)))]
    }),
  ),
  ...Object.fromEntries(
    Object.entries(streams).map(([name, made]) => [name, (input: DStream<any>) => made(input.flatMap(orders))]),
  ),
}

for (const [name, made] of Object.entries(builds))
  for (const outputs of [['one'], ['one', 'other']])
    test(`${name}: who changes a record changes it for nobody else (${outputs.join(' and ')})`, async () => {
      const build: Build = (input) => {
        const stream = made(input()).map(spoil)
        return Object.fromEntries(outputs.map((output) => [output, stream]))
      }
      const { shown, errors } = await runBatches(build, [[1], [1], [1]])
      assert.deepEqual(errors, [])
      const batches = outputs.flatMap((output) => shown[output].map((records) => (records as string[]).sort()))
      assert.equal(batches.length, 3 * outputs.length)
      assert.ok(batches[0].length >= 3)
      for (const batch of batches) {
        assert.deepEqual(batch, batches[0])
        assert.doesNotMatch(batch.join(), /999|spoilt/)
      }
    })

test('an RDD that is collected twice gives the same records twice, whatever became of the first ones', () => {
  const sc = new SparkContext()
  const moved = byList(sc.parallelize(orders(), 2))
  for (const rdd of [moved.partitionBy(2), moved.groupByKey(2), moved.reduceByKey(firstOf, 2), moved.distinct()]) {
    const [first, second] = [rdd.collect(), rdd.collect()].map((records) => records.map(spoil).sort())
    assert.deepEqual(second, first)
  }
})
