import assert from 'node:assert/strict'
import { test } from 'node:test'
import { givesInAnyOrder, gives, law, newContext, refuses, sorted } from '../sentences.ts'

const add = (a: number, b: number): number => a + b

givesInAnyOrder(
  'reduceByKey makes one pair per key',
  (sc) =>
    sc
      .parallelize(['a b', 'b'], 2)
      .flatMap((line) => line.split(' '))
      .map((word) => [word, 1])
      .reduceByKey(add),
  [
    ['a', 1],
    ['b', 2],
  ],
)
givesInAnyOrder(
  'groupByKey gathers values in order',
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
      .groupByKey(),
  [
    ['a', [1, 3]],
    ['b', [2]],
  ],
)
givesInAnyOrder('groupBy makes its own keys', (sc) => sc.parallelize([1, 2, 3], 2).groupBy((x) => x % 2 === 0), [
  [false, [1, 3]],
  [true, [2]],
])
givesInAnyOrder(
  'combineByKey builds another type',
  (sc) =>
    sc
      .parallelize(
        [
          ['a', 1],
          ['a', 2],
        ],
        2,
      )
      .combineByKey(
        (v) => [v],
        (list, v) => [...list, v],
        (x, y) => [...x, ...y],
      ),
  [['a', [1, 2]]],
)
givesInAnyOrder(
  'foldByKey counts its zero once per key and partition',
  (sc) =>
    sc
      .parallelize(
        [
          ['a', 1],
          ['a', 1],
          ['a', 1],
        ],
        3,
      )
      .foldByKey(10, add),
  [['a', 33]],
)
givesInAnyOrder(
  'foldByKey in two calls is the same',
  (sc) =>
    sc
      .parallelize(
        [
          ['a', 1],
          ['a', 1],
        ],
        1,
      )
      .foldByKey(10)(add),
  [['a', 12]],
)
givesInAnyOrder(
  'aggregateByKey counts its zero once per key and partition',
  (sc) =>
    sc
      .parallelize(
        [
          ['a', 1],
          ['b', 1],
          ['a', 1],
        ],
        2,
      )
      .aggregateByKey(
        '0',
        (text, v) => text + v,
        (x, y) => x + y,
      ),
  [
    ['a', '0101'],
    ['b', '01'],
  ],
)
givesInAnyOrder(
  'aggregateByKey in two calls is the same',
  (sc) =>
    sc
      .parallelize(
        [
          ['a', 1],
          ['a', 2],
        ],
        1,
      )
      .aggregateByKey([] as number[])(
      (list, v) => [...list, v],
      (x, y) => [...x, ...y],
    ),
  [['a', [1, 2]]],
)
givesInAnyOrder(
  'keys may be arrays and objects',
  (sc) =>
    sc
      .parallelize(
        [
          [{ x: 1, y: [2] }, 1],
          [{ y: [2], x: 1 }, 2],
        ],
        2,
      )
      .reduceByKey(add),
  [[{ x: 1, y: [2] }, 3]],
)
givesInAnyOrder(
  'countApproxDistinctByKey counts small sets exactly',
  (sc) =>
    sc
      .parallelize(
        [
          ['a', 1],
          ['a', 1],
          ['a', 2],
          ['b', 1],
        ],
        2,
      )
      .countApproxDistinctByKey(),
  [
    ['a', 2],
    ['b', 1],
  ],
)
gives('reduceByKey of no partitions is empty', (sc) => sc.emptyRDD<[string, number]>().reduceByKey(add), [])
refuses('an instance of a class without a codec is no zero', 'E_NOT_SERIALISABLE', (sc) =>
  sc.parallelize([['a', 1]]).aggregateByKey(
    new (class Sum {
      n = 0
    })(),
    (s, v) => {
      s.n += v
      return s
    },
    (a) => a,
  ),
)

test('functions of aggregateByKey may change their first argument, and the RDD may be read twice', () => {
  const zero: number[] = []
  const rdd = newContext()
    .parallelize(
      [
        ['a', 1],
        ['b', 2],
        ['a', 3],
        ['a', 4],
      ],
      3,
    )
    .aggregateByKey(
      zero,
      (list, v) => {
        list.push(v)
        return list
      },
      (x, y) => {
        x.push(...y)
        return x
      },
      2,
    )
  for (let i = 0; i < 3; i++)
    assert.deepEqual(sorted(rdd.collect()), [
      ['a', [1, 3, 4]],
      ['b', [2]],
    ])
  assert.deepEqual(sorted(rdd.union(rdd).collect()).length, 4)
  assert.deepEqual(zero, [])
})

test('pairs that are partitioned already are reduced where they are', () => {
  const pairs = newContext()
    .parallelize(
      [
        ['a', 1],
        ['a', 2],
        ['b', 3],
      ],
      3,
    )
    .partitionBy(2)
  const reduced = pairs.reduceByKey(add)
  assert.equal(reduced.node.dependencies[0].kind, 'narrow')
  assert.deepEqual(sorted(reduced.collect()), [
    ['a', 3],
    ['b', 3],
  ])
})

law('reduceByKey, foldByKey, aggregateByKey and groupByKey agree with a Map', (sc, random) => {
  const pairs = random.pairs()
  const expected = new Map<string, number>()
  for (const [key, value] of pairs) expected.set(key, (expected.get(key) ?? 0) + value)
  const rdd = sc.parallelize(pairs, random.slices())
  const parts = random.slices()
  const sums = [
    rdd.reduceByKey(add, parts),
    rdd.foldByKey(0, add, parts),
    rdd
      .aggregateByKey(
        { n: 0 },
        (sum, v) => {
          sum.n += v
          return sum
        },
        (a, b) => {
          a.n += b.n
          return a
        },
        parts,
      )
      .mapValues(({ n }) => n),
    rdd.groupByKey(parts).mapValues((values) => values.reduce(add)),
    rdd.partitionBy(parts).reduceByKey(add),
  ]
  for (const sum of sums) assert.deepEqual(sorted(sum.collect()), sorted([...expected]))
})
