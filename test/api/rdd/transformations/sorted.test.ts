import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HashPartitioner } from '../../../../lib/shuffle/partitioner.ts'
import { gives, law, newContext, refuses } from '../sentences.ts'

gives('sortBy sorts across partitions', (sc) => sc.parallelize([3, 1, 2, 5, 4], 3).sortBy((x) => x), [1, 2, 3, 4, 5])
gives('sortBy descends when asked', (sc) => sc.parallelize(['b', 'c', 'a'], 2).sortBy((x) => x, false), ['c', 'b', 'a'])
gives(
  'sortBy takes an order of its own',
  (sc) =>
    sc.parallelize(['bb', 'c', 'aaa'], 2).sortBy(
      (x) => x,
      true,
      1,
      (a, b) => a.length - b.length,
    ),
  ['c', 'bb', 'aaa'],
)
gives(
  'sortByKey sorts pairs; equal keys stay in order',
  (sc) =>
    sc
      .parallelize(
        [
          [2, 'x'],
          [1, 'b'],
          [1, 'a'],
        ],
        2,
      )
      .sortByKey(true, 2),
  [
    [1, 'b'],
    [1, 'a'],
    [2, 'x'],
  ],
)
gives(
  'arrays sort item by item, null first, NaN last',
  (sc) =>
    sc
      .parallelize(
        [
          [2, NaN],
          [2, 1],
          [1, 'z'],
          [null, 0],
        ],
        2,
      )
      .sortBy((x) => x),
  [
    [null, 0],
    [1, 'z'],
    [2, 1],
    [2, NaN],
  ],
)
gives(
  'sorting nothing gives nothing',
  (sc) => [
    sc
      .emptyRDD<number>()
      .sortBy((x) => x)
      .collect(),
    sc
      .parallelize([] as number[])
      .sortBy((x) => x)
      .collect(),
  ],
  [[], []],
)
gives(
  'filterByRange counts both bounds',
  (sc) =>
    sc
      .parallelize([
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
        [4, 'd'],
      ])
      .filterByRange(2, 3),
  [
    [2, 'b'],
    [3, 'c'],
  ],
)
refuses('objects have no order of their own', 'E_ORDER', (sc) =>
  sc.parallelize([{ a: 1 }, { a: 2 }], 1).sortBy((x) => x),
)

test('repartitionAndSortWithinPartitions puts each key in its partition, in order', () => {
  const partitioner = new HashPartitioner(3)
  const partitions = newContext()
    .parallelize([9, 4, 7, 1, 8, 2].map((key) => [key, 0]))
    .repartitionAndSortWithinPartitions(partitioner)
    .keys()
    .glom()
    .collect()
  partitions.forEach((keys, i) => {
    assert.deepEqual(
      keys,
      keys.toSorted((a, b) => a - b),
    )
    assert.ok(keys.every((key) => partitioner.getPartition(key) === i))
  })
  assert.equal(partitions.flat().length, 6)
})

test('sorting runs a job over the keys only where there are bounds to find', () => {
  let calls = 0
  const pairs = newContext()
    .range(10)
    .map((x) => {
      calls++
      return [x, x]
    })
  pairs.sortByKey(true, 1)
  assert.equal(calls, 0)
  pairs.sortByKey(true, 3)
  assert.equal(calls, 10)
})

test('many distinct keys spread over the partitions evenly', () => {
  const sizes = newContext()
    .range(0, 10_000, 1, 5)
    .map((x) => (x * 7919) % 10_000)
    .sortBy((x) => x, true, 8)
    .glom()
    .collect()
    .map((part) => part.length)
  assert.equal(sizes.length, 8)
  assert.ok(
    sizes.every((size) => size > 500 && size < 2500),
    String(sizes),
  )
})

law('sortByKey orders across partitions and keeps every pair', (sc, random) => {
  const numbers = random.numbers(300, 40)
  const rdd = sc.parallelize(numbers, random.slices())
  const ascending = random.below(2) === 0
  const order = (a: number, b: number): number => (ascending ? a - b : b - a)
  assert.deepEqual(
    rdd
      .keyBy((x) => x)
      .sortByKey(ascending, random.slices())
      .keys()
      .collect(),
    numbers.toSorted(order),
  )
  assert.deepEqual(
    rdd.sortBy((x) => -x, ascending).collect(),
    numbers.toSorted((a, b) => order(-a, -b)),
  )
})
