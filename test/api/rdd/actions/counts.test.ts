import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gives, law, newContext, refuses } from '../sentences.ts'

gives('count counts', (sc) => [sc.range(0, 10, 1, 3).count(), sc.emptyRDD().count()], [10, 0])
gives(
  'countByValue counts each record',
  (sc) => sc.parallelize(['a', 'b', 'a'], 2).countByValue(),
  new Map([
    ['a', 2],
    ['b', 1],
  ]),
)
gives(
  'countByValue takes equal pairs for one',
  (sc) => [
    ...sc
      .parallelize(
        [
          ['a', 1],
          ['a', 1],
        ],
        2,
      )
      .countByValue(),
  ],
  [[['a', 1], 2]],
)
gives(
  'countByKey ignores values',
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
      .countByKey(),
  new Map([
    ['a', 2],
    ['b', 1],
  ]),
)
gives('countApprox is exact', (sc) => sc.range(0, 7, 1, 2).countApprox(100), {
  mean: 7,
  confidence: 1,
  low: 7,
  high: 7,
})
gives('countByValueApprox is exact', (sc) => sc.parallelize(['a']).countByValueApprox(100).get('a')?.mean, 1)
gives(
  'countApproxDistinct of few is exact',
  (sc) => [sc.emptyRDD().countApproxDistinct(), sc.parallelize([1, '1', 1, null]).countApproxDistinct()],
  [0, 3],
)
refuses('countApproxDistinct has its limits', 'E_ARGUMENT', (sc) => sc.range(3).countApproxDistinct(0.0001))

test('countApproxDistinct is within four deviations of the truth', () => {
  const sc = newContext()
  for (const [distinct, relativeSd] of [
    [1000, 0.05],
    [20_000, 0.05],
    [50_000, 0.01],
  ] as const) {
    const estimate = sc
      .range(0, 3 * distinct, 1, 3)
      .map((x) => `user-${x % distinct}`)
      .countApproxDistinct(relativeSd)
    assert.ok(Math.abs(estimate - distinct) < 4 * relativeSd * distinct, `${estimate} is not about ${distinct}`)
  }
})

law('counts agree with a Map', (sc, random) => {
  const numbers = random.numbers()
  const expected = new Map<number, number>()
  for (const x of numbers) expected.set(x, (expected.get(x) ?? 0) + 1)
  const rdd = sc.parallelize(numbers, random.slices())
  assert.deepEqual(rdd.countByValue(), expected)
  assert.deepEqual(rdd.keyBy((x) => x).countByKey(), expected)
  assert.equal(rdd.count(), numbers.length)
})
