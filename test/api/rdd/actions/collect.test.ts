import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gives, law, newContext } from '../sentences.ts'

gives('collect gives all records in partition order', (sc) => sc.parallelize([3, 1, 2], 2).collect(), [3, 1, 2])
gives(
  'collect leaves records that are arrays whole',
  (sc) =>
    sc
      .parallelize(
        [
          [1, 2],
          [3, 4],
        ],
        1,
      )
      .collect(),
  [
    [1, 2],
    [3, 4],
  ],
)
gives(
  'collectAsMap keeps the last value of a key',
  (sc) =>
    sc
      .parallelize(
        [
          ['a', 1],
          ['b', 2],
          ['a', 3],
        ],
        2,
      )
      .collectAsMap(),
  new Map([
    ['a', 3],
    ['b', 2],
  ]),
)
gives(
  'lookup finds the values of one key',
  (sc) =>
    sc
      .parallelize(
        [
          ['a', 1],
          ['b', 2],
          ['a', 3],
        ],
        2,
      )
      .lookup('a'),
  [1, 3],
)
gives('lookup of a key that is not there finds nothing', (sc) => sc.parallelize([['a', 1]]).lookup('z'), [])
gives('lookup compares keys by value', (sc) => sc.parallelize([[['x', 1], 'v']], 1).lookup(['x', 1]), ['v'])

test('lookup computes one partition of an RDD that is partitioned', () => {
  const seen: number[] = []
  const rdd = newContext()
    .parallelize([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ])
    .partitionBy(8)
    .mapPartitionsWithIndex((i, records) => {
      seen.push(i)
      return [...records]
    }, true)
  assert.deepEqual(rdd.lookup('b'), [2])
  assert.deepEqual(seen, [rdd.partitioner!.getPartition('b')])
})

test('toLocalIterator computes a partition when it is reached', () => {
  const seen: number[] = []
  const iterator = newContext()
    .range(0, 4, 1, 2)
    .map((x) => {
      seen.push(x)
      return x
    })
    .toLocalIterator()
  assert.equal(iterator.next().value, 0)
  assert.deepEqual(seen, [0, 1])
  assert.deepEqual([...iterator], [1, 2, 3])
})

law('an RDD collects to what it was made of', (sc, random) => {
  const numbers = random.numbers()
  assert.deepEqual(sc.parallelize(numbers, random.slices()).collect(), numbers)
  assert.deepEqual([...sc.parallelize(numbers, random.slices()).toLocalIterator()], numbers)
})
