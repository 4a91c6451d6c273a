import assert from 'node:assert/strict'
import { StatCounter } from '../../../../lib/api/rdd/statistics.ts'
import { gives, law, refuses } from '../sentences.ts'

gives(
  'numbers have a sum, a mean and spreads',
  (sc) => {
    const rdd = sc.parallelize([1, 2, 3, 4], 3)
    return [rdd.sum(), rdd.mean(), rdd.variance(), rdd.stdev(), rdd.sampleVariance(), rdd.sampleStdev()]
  },
  [10, 2.5, 1.25, Math.sqrt(1.25), 5 / 3, Math.sqrt(5 / 3)],
)
gives(
  'nothing sums to 0 and has no variance',
  (sc) => {
    const rdd = sc.emptyRDD<number>()
    return [rdd.sum(), rdd.mean(), rdd.variance(), rdd.stats().count(), rdd.stats().max(), rdd.stats().min()]
  },
  [0, 0, NaN, 0, -Infinity, Infinity],
)
gives('one number has no sample variance', (sc) => sc.parallelize([3]).sampleVariance(), NaN)
gives(
  'stats shows everything at once',
  (sc) => String(sc.parallelize([1, 3], 2).stats()),
  '(count: 2, mean: 2, stdev: 1, max: 3, min: 1)',
)
gives(
  'even buckets cover the range, the last with its upper edge',
  (sc) => sc.parallelize([0, 1, 5, 10], 2).histogram(2),
  [
    [0, 5, 10],
    [2, 2],
  ],
)
gives(
  'even buckets begin at the least number, wherever that lies',
  (sc) => sc.parallelize([10, 11, 15, 22], 2).histogram(3),
  [
    [10, 14, 18, 22],
    [2, 1, 1],
  ],
)
gives('one bucket holds everything', (sc) => sc.parallelize([1, 3]).histogram(1), [[1, 3], [2]])
gives('one value has one bucket', (sc) => sc.parallelize([4, 4]).histogram(3), [[4, 4], [2]])
gives(
  'given edges leave out what is outside',
  (sc) => sc.parallelize([-1, 0, 5, 10, 20, 21, NaN], 2).histogram([0, 10, 20]),
  [2, 2],
)
gives(
  'each number falls into the bucket whose lower edge it reaches, however many there are',
  (sc) => sc.parallelize([0, 1, 2, 3, 4, 5, 6, 7, 8], 3).histogram([0, 1, 3, 4, 7, 8]),
  [1, 2, 1, 3, 2],
)
gives(
  'a counter of numbers outside of an RDD has what stats has',
  () => {
    const counter = new StatCounter([1, 2]).merge(new StatCounter([3, 4])).merge(new StatCounter())
    return [counter.count(), counter.sum(), counter.popVariance(), counter.popStdev(), counter.min(), counter.max()]
  },
  [4, 10, 1.25, Math.sqrt(1.25), 1, 4],
)
gives(
  'a counter takes over what another has',
  () => String(new StatCounter().merge(new StatCounter([5]))),
  '(count: 1, mean: 5, stdev: 0, max: 5, min: 5)',
)
refuses('there is no histogram of no buckets', 'E_ARGUMENT', (sc) => sc.range(3).histogram(0))
refuses('there is no histogram of half a bucket', 'E_ARGUMENT', (sc) => sc.range(3).histogram(1.5))
refuses('nothing has no even buckets', 'E_HISTOGRAM', (sc) => sc.emptyRDD<number>().histogram(2))
refuses('NaN has no even buckets', 'E_HISTOGRAM', (sc) => sc.parallelize([1, NaN], 1).histogram(2))
refuses('an infinity on one side has no even buckets', 'E_HISTOGRAM', (sc) =>
  sc.parallelize([1, Infinity], 1).histogram(2),
)
refuses('nor has one on the other', 'E_HISTOGRAM', (sc) => sc.parallelize([-Infinity, 1], 1).histogram(2))
refuses('a histogram has edges on both sides', 'E_ARGUMENT', (sc) => sc.range(3).histogram([1]))
refuses('edges rise', 'E_ARGUMENT', (sc) => sc.range(3).histogram([2, 1]))

law('moments agree with their definitions', (sc, random) => {
  const numbers = [...random.numbers(), 1, 2]
  const rdd = sc.parallelize(numbers, random.slices())
  const mean = numbers.reduce((a, b) => a + b) / numbers.length
  const squares = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0)
  const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-9 * (1 + Math.abs(b)), `${a} is not ${b}`)
  near(rdd.mean(), mean)
  near(rdd.variance(), squares / numbers.length)
  near(rdd.sampleVariance(), squares / (numbers.length - 1))
  assert.equal(
    rdd.histogram(7)[1].reduce((a, b) => a + b),
    numbers.length,
  )
})

for (const ask of ['sum', 'mean', 'stats', 'stdev'] as const)
  refuses(`${ask} of texts, which would be joined, is refused`, 'E_ARGUMENT', (sc) =>
    sc.parallelize<number>([1, '2' as never])[ask](),
  )
