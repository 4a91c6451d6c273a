import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RDD } from '../../../../lib/api/rdd/rdd.ts'
import type { SparkContext } from '../../../../lib/api/rdd/spark-context.ts'
import { givesInAnyOrder, law, newContext, sorted } from '../sentences.ts'

const left = (sc: SparkContext): RDD<[string, number]> =>
  sc.parallelize(
    [
      ['a', 1],
      ['a', 2],
      ['b', 3],
    ],
    2,
  )
const right = (sc: SparkContext): RDD<[string, string]> =>
  sc.parallelize(
    [
      ['a', 'x'],
      ['c', 'y'],
    ],
    3,
  )

givesInAnyOrder('join pairs the values of common keys', (sc) => left(sc).join(right(sc)), [
  ['a', [1, 'x']],
  ['a', [2, 'x']],
])
givesInAnyOrder('leftOuterJoin keeps the left', (sc) => left(sc).leftOuterJoin(right(sc)), [
  ['a', [1, 'x']],
  ['a', [2, 'x']],
  ['b', [3, undefined]],
])
givesInAnyOrder('rightOuterJoin keeps the right', (sc) => left(sc).rightOuterJoin(right(sc)), [
  ['a', [1, 'x']],
  ['a', [2, 'x']],
  ['c', [undefined, 'y']],
])
givesInAnyOrder('fullOuterJoin keeps both', (sc) => left(sc).fullOuterJoin(right(sc)), [
  ['a', [1, 'x']],
  ['a', [2, 'x']],
  ['b', [3, undefined]],
  ['c', [undefined, 'y']],
])
givesInAnyOrder('cogroup shows every side of every key', (sc) => left(sc).cogroup(right(sc)), [
  ['a', [[1, 2], ['x']]],
  ['b', [[3], []]],
  ['c', [[], ['y']]],
])
givesInAnyOrder(
  'cogroup and groupWith take up to three others',
  (sc) => {
    const one = sc.parallelize([['a', 1]])
    return [
      ...one.cogroup(one, one).collect(),
      ...one.cogroup(one, one, one, 3).collect(),
      ...one.groupWith(one).collect(),
    ]
  },
  [
    ['a', [[1], [1], [1]]],
    ['a', [[1], [1], [1], [1]]],
    ['a', [[1], [1]]],
  ],
)

test('sides that are partitioned alike are joined in place', () => {
  const sc = newContext()
  const [a, b] = [left(sc).partitionBy(3), right(sc).partitionBy(3)]
  const joined = a.join(b)
  assert.ok(joined.partitioner?.equals(a.partitioner!))
  assert.doesNotMatch(joined.toDebugString().split('partitionBy')[0], /\+-/)
  assert.equal(joined.count(), 2)
})

law('joins agree with nested loops', (sc, random) => {
  const [ls, rs] = [random.pairs(60, 12), random.pairs(60, 12)]
  const [a, b] = [sc.parallelize(ls, random.slices()), sc.parallelize(rs, random.slices())]
  const inner = ls.flatMap(([key, v]) => rs.filter(([other]) => other === key).map(([, w]) => [key, [v, w]]))
  const onlyLeft = ls.filter(([key]) => rs.every(([other]) => other !== key)).map(([key, v]) => [key, [v, undefined]])
  const onlyRight = rs.filter(([key]) => ls.every(([other]) => other !== key)).map(([key, w]) => [key, [undefined, w]])
  assert.deepEqual(sorted<unknown>(a.join(b).collect()), sorted<unknown>(inner))
  assert.deepEqual(sorted<unknown>(a.leftOuterJoin(b, 5).collect()), sorted<unknown>([...inner, ...onlyLeft]))
  assert.deepEqual(
    sorted<unknown>(a.partitionBy(3).rightOuterJoin(b).collect()),
    sorted<unknown>([...inner, ...onlyRight]),
  )
  assert.deepEqual(
    sorted<unknown>(a.fullOuterJoin(b).collect()),
    sorted<unknown>([...inner, ...onlyLeft, ...onlyRight]),
  )
})
