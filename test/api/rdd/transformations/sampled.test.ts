import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gives, law, newContext, refuses } from '../sentences.ts'

gives(
  'a fraction of 0 takes nothing, of 1 everything',
  (sc) => [sc.range(9).sample(false, 0).count(), sc.range(9).sample(false, 1).collect()],
  [0, [0, 1, 2, 3, 4, 5, 6, 7, 8]],
)
refuses('a fraction above 1 needs replacement', 'E_ARGUMENT', (sc) => sc.range(9).sample(false, 1.5))
refuses('weights are not negative', 'E_ARGUMENT', (sc) => sc.range(9).randomSplit([1, -1]))
refuses('every key needs a fraction', 'E_ARGUMENT', (sc) =>
  sc
    .parallelize([
      ['a', 1],
      ['b', 1],
    ])
    .sampleByKey(false, { a: 1 }),
)
gives(
  'sampleByKey takes fractions by key',
  (sc) =>
    sc
      .parallelize([
        ['a', 1],
        ['b', 1],
        ['a', 2],
      ])
      .sampleByKey(
        false,
        new Map([
          ['a', 1],
          ['b', 0],
        ]),
      ),
  [
    ['a', 1],
    ['a', 2],
  ],
)

test('a seed decides the sample; without one the place in the lineage does', () => {
  const rdd = newContext().range(0, 1000, 1, 4)
  assert.deepEqual(rdd.sample(false, 0.3, 7).collect(), rdd.sample(false, 0.3, 7).collect())
  assert.notDeepEqual(rdd.sample(false, 0.3, 7).collect(), rdd.sample(false, 0.3, 8).collect())
  assert.deepEqual(rdd.sample(false, 0.3).collect(), newContext().range(0, 1000, 1, 4).sample(false, 0.3).collect())
})

test('samples are about as large as asked for', () => {
  const rdd = newContext().range(0, 20_000, 1, 4)
  const near = (n: number, wanted: number): void => assert.ok(Math.abs(n - wanted) < 500, `${n} is not about ${wanted}`)
  near(rdd.sample(false, 0.25, 1).count(), 5000)
  near(rdd.sample(true, 0.25, 1).count(), 5000)
  near(rdd.sample(true, 2, 1).count(), 40_000)
  rdd.randomSplit([3, 1], 5).forEach((part, i) => near(part.count(), [15_000, 5000][i]))
})

law('randomSplit puts each record in exactly one part', (sc, random) => {
  const rdd = sc.range(0, random.below(500), 1, random.slices())
  const parts = rdd.randomSplit([random.below(5) + 1, random.below(5), 2], random.below(1000))
  assert.deepEqual(
    parts.flatMap((part) => part.collect()).sort((a, b) => a - b),
    rdd.collect(),
  )
})

law('sampleByKeyExact takes exactly the fraction of each key, rounded up', (sc, random) => {
  const rdd = sc.parallelize(
    random.pairs(200, 3).map(([key], i) => [key, i]),
    random.slices(),
  )
  const fractions = { k0: 0.1, k1: 0.5, k2: 1 }
  for (const withReplacement of [false, true]) {
    const sampled = rdd.sampleByKeyExact(withReplacement, fractions, random.below(1000))
    const wanted = Array.from(rdd.countByKey(), ([key, n]) => [key, Math.ceil(fractions[key as 'k0'] * n)] as const)
    assert.deepEqual(
      sampled.countByKey(),
      new Map([...sampled.countByKey().keys()].map((key) => [key, new Map(wanted).get(key)])),
    )
    assert.equal(
      sampled.count(),
      wanted.reduce((sum, [, n]) => sum + n, 0),
    )
    if (!withReplacement) assert.equal(sampled.distinct().count(), sampled.count())
  }
})
