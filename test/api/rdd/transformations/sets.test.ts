import assert from 'node:assert/strict'
import { givesInAnyOrder, gives, law, sorted } from '../sentences.ts'

givesInAnyOrder(
  'distinct keeps one of each, also of pairs and objects',
  (sc) =>
    sc
      .parallelize(
        [
          [1, { a: 1 }],
          [1, { a: 1 }],
          [2, { a: 1 }],
        ],
        3,
      )
      .distinct(),
  [
    [1, { a: 1 }],
    [2, { a: 1 }],
  ],
)
gives(
  'distinct keeps the number of partitions, or takes one',
  (sc) => [sc.range(0, 9, 1, 3).distinct().getNumPartitions(), sc.range(9).distinct(2).getNumPartitions()],
  [3, 2],
)
gives('distinct of nothing is nothing', (sc) => sc.emptyRDD().distinct(), [])
givesInAnyOrder(
  'intersection has what both have, once',
  (sc) => sc.parallelize([1, 2, 2, 3]).intersection(sc.parallelize([2, 2, 3, 4])),
  [2, 3],
)
givesInAnyOrder(
  'subtract keeps duplicates of the left',
  (sc) => sc.parallelize([1, 1, 2, 3]).subtract(sc.parallelize([2, 5])),
  [1, 1, 3],
)
givesInAnyOrder(
  'subtractByKey looks at keys only',
  (sc) =>
    sc
      .parallelize([
        ['a', 1],
        ['a', 2],
        ['b', 3],
      ])
      .subtractByKey(sc.parallelize([['b', 'x']])),
  [
    ['a', 1],
    ['a', 2],
  ],
)

law('set operations agree with sets', (sc, random) => {
  const [left, right] = [random.numbers(60), random.numbers(60)]
  const [a, b] = [sc.parallelize(left, random.slices()), sc.parallelize(right, random.slices())]
  assert.deepEqual(sorted(a.distinct().collect()), sorted([...new Set(left)]))
  assert.deepEqual(sorted(a.intersection(b).collect()), sorted([...new Set(left).intersection(new Set(right))]))
  assert.deepEqual(sorted(a.subtract(b, random.slices()).collect()), sorted(left.filter((x) => !right.includes(x))))
  assert.deepEqual(a.union(b).collect(), [...left, ...right])
})
