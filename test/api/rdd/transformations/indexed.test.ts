import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gives, law, newContext } from '../sentences.ts'

gives(
  'zipWithIndex numbers records in partition order',
  (sc) => sc.parallelize(['a', 'b', 'c', 'd'], 3).zipWithIndex(),
  [
    ['a', 0],
    ['b', 1],
    ['c', 2],
    ['d', 3],
  ],
)
gives(
  'zipWithUniqueId steps by the number of partitions',
  (sc) => sc.parallelize(['a', 'b', 'c', 'd', 'e'], 3).zipWithUniqueId(),
  [
    ['a', 0],
    ['b', 1],
    ['c', 4],
    ['d', 2],
    ['e', 5],
  ],
)

test('zipWithIndex counts with a job, except the last partition or a single one', () => {
  let calls = 0
  const count = (x: number): number => {
    calls++
    return x
  }
  newContext().range(0, 6, 1, 1).map(count).zipWithIndex()
  assert.equal(calls, 0)
  newContext().range(0, 6, 1, 3).map(count).zipWithIndex()
  assert.equal(calls, 4)
})

law('indexes count up, unique ids are unique', (sc, random) => {
  const rdd = sc.parallelize(random.numbers(), random.slices()).filter((x) => x % 3 > 0)
  assert.deepEqual(
    rdd.zipWithIndex().collect(),
    rdd.collect().map((x, i) => [x, i]),
  )
  assert.equal(rdd.zipWithUniqueId().values().distinct().count(), rdd.count())
})
