import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gives, law, newContext, refuses, sorted } from '../sentences.ts'

gives(
  'take gives the first records',
  (sc) => [sc.range(0, 10, 1, 4).take(3), sc.range(2).take(5), sc.emptyRDD().take(1)],
  [[0, 1, 2], [0, 1], []],
)
gives(
  'first gives one, even if it is undefined',
  (sc) => [sc.range(0, 10, 1, 4).first(), sc.parallelize([undefined], 1).first()],
  [0, undefined],
)
refuses('there is no first record of nothing', 'E_EMPTY_COLLECTION', (sc) => sc.emptyRDD().first())
refuses('nor of empty partitions', 'E_EMPTY_COLLECTION', (sc) => sc.parallelize([], 3).first())
gives(
  'isEmpty looks at records, not at partitions',
  (sc) => [sc.emptyRDD().isEmpty(), sc.parallelize([], 3).isEmpty(), sc.range(1).isEmpty()],
  [true, true, false],
)
gives('top gives the largest, largest first', (sc) => sc.parallelize([3, 1, 4, 1, 5], 3).top(2), [5, 4])
gives(
  'takeOrdered gives the smallest, smallest first',
  (sc) => sc.parallelize([3, 1, 4, 1, 5], 3).takeOrdered(3),
  [1, 1, 3],
)
gives(
  'takeOrdered takes an order of its own',
  (sc) => sc.parallelize(['ccc', 'a', 'bb'], 2).takeOrdered(2, (a, b) => b.length - a.length),
  ['ccc', 'bb'],
)
gives(
  'none wanted, none given',
  (sc) => [
    sc.range(3).take(0),
    sc.range(3).top(0),
    sc.emptyRDD<number>().takeOrdered(2),
    sc.range(3).takeSample(false, 0),
  ],
  [[], [], [], []],
)
gives(
  'max and min follow the natural order',
  (sc) => [
    sc.parallelize(['b', 'a', 'c'], 2).max(),
    sc
      .parallelize(
        [
          [2, 'a'],
          [1, 'b'],
        ],
        2,
      )
      .min(),
  ],
  ['c', [1, 'b']],
)
refuses('nothing has no maximum', 'E_EMPTY_COLLECTION', (sc) => sc.emptyRDD<number>().max())
refuses('a sample is not negative', 'E_ARGUMENT', (sc) => sc.range(3).takeSample(false, -1))

test('take looks at one partition, and stops within it', () => {
  const seen: number[] = []
  const rdd = newContext()
    .range(0, 100, 1, 10)
    .map((x) => {
      seen.push(x)
      return x
    })
  assert.deepEqual(rdd.take(3), [0, 1, 2])
  assert.deepEqual(seen, [0, 1, 2])
})

test('take looks at ever more partitions: 1, then four times as many when it found nothing', () => {
  const jobs: number[] = []
  const sc = newContext()
  const rdd = sc
    .parallelize(
      Array.from({ length: 100 }, (_, i) => i),
      100,
    )
    .filter((x) => x >= 60)
  const { runner } = sc
  const runJob = runner.runJob.bind(runner)
  runner.runJob = (node, splits, newPartial) => {
    jobs.push(splits.length)
    return runJob(node, splits, newPartial)
  }
  assert.deepEqual(rdd.take(2), [60, 61])
  assert.deepEqual(jobs, [1, 4, 20, 75])
})

test('a sample without replacement takes no record twice, and a seed decides it', () => {
  const rdd = newContext().range(0, 1000, 1, 4)
  const sample = rdd.takeSample(false, 50, 3)
  assert.equal(new Set(sample).size, 50)
  assert.deepEqual(rdd.takeSample(false, 50, 3), sample)
  assert.notDeepEqual(rdd.takeSample(false, 50, 4), sample)
  assert.equal(rdd.takeSample(true, 2000, 3).length, 2000)
  assert.deepEqual(newContext().emptyRDD().takeSample(true, 5), [])
})

law('take, top, takeOrdered and takeSample agree with arrays', (sc, random) => {
  const numbers = random.numbers()
  const rdd = sc.parallelize(numbers, random.slices()).filter((x) => x % 4 > 0)
  const kept = numbers.filter((x) => x % 4 > 0)
  const n = random.below(100)
  const rising = kept.toSorted((a, b) => a - b)
  assert.deepEqual(rdd.take(n), kept.slice(0, n))
  assert.deepEqual(rdd.takeOrdered(n), rising.slice(0, n))
  assert.deepEqual(rdd.top(n), rising.toReversed().slice(0, n))
  assert.deepEqual(sorted(rdd.takeSample(false, kept.length + 1, n)), sorted(kept))
})
