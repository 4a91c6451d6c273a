import assert from 'node:assert/strict'
import { gives, law, refuses } from '../sentences.ts'

const add = (a: number, b: number): number => a + b

gives(
  'reduce combines all records, whatever partitions are empty',
  (sc) => [sc.parallelize([1, 2, 3], 7).reduce(add), sc.parallelize([5], 3).treeReduce(add)],
  [6, 5],
)
refuses('nothing cannot be reduced', 'E_EMPTY_COLLECTION', (sc) => sc.parallelize([] as number[], 2).reduce(add))
refuses('a tree has at least one level', 'E_ARGUMENT', (sc) => sc.range(3).treeReduce(add, 0))
gives(
  'fold counts its zero once per partition and once more',
  (sc) => [
    sc.parallelize([1, 2], 3).fold(10, add),
    sc.parallelize([1, 2], 1).fold(10)(add),
    sc.emptyRDD<number>().fold(10, add),
  ],
  [43, 23, 10],
)
gives(
  'aggregate goes to another type',
  (sc) => sc.parallelize(['a', 'bb', 'c'], 2).aggregate(0, (n, s) => n + s.length, add),
  4,
)
gives(
  'aggregate in two calls is the same',
  (sc) =>
    sc.parallelize(['a', 'bb'], 2).aggregate([0, 0])(
      ([n, m], s) => [n + 1, m + s.length],
      (a, b) => [a[0] + b[0], a[1] + b[1]],
    ),
  [2, 3],
)
gives(
  'functions of aggregate may change their first argument',
  (sc) => {
    const zero: string[] = []
    const push = (list: string[], s: string): string[] => {
      list.push(s)
      return list
    }
    const result = sc.parallelize(['a', 'b', 'c'], 2).aggregate(zero, push, (x, y) => {
      x.push(...y)
      return x
    })
    return [result, zero]
  },
  [['a', 'b', 'c'], []],
)
gives(
  'treeAggregate is aggregate',
  (sc) => [sc.range(5).treeAggregate(0, add, add), sc.range(5).treeAggregate(0)(add, add)],
  [10, 10],
)
gives(
  'reduceByKeyLocally gives a map',
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
      .reduceByKeyLocally(add),
  new Map([
    ['a', 4],
    ['b', 2],
  ]),
)

law('sums agree however they are made', (sc, random) => {
  const numbers = [...random.numbers(), 1]
  const rdd = sc.parallelize(numbers, random.slices())
  const expected = numbers.reduce(add)
  for (const sum of [
    rdd.sum(),
    rdd.reduce(add),
    rdd.fold(0, add),
    rdd.aggregate(0, add, add),
    rdd.treeReduce(add),
    rdd
      .keyBy(() => 'k')
      .reduceByKeyLocally(add)
      .get('k'),
  ])
    assert.equal(sum, expected)
})
