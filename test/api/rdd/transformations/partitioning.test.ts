import assert from 'node:assert/strict'
import { HashPartitioner } from '../../../../lib/shuffle/partitioner.ts'
import { SparkContext } from '../../../../lib/api/rdd/spark-context.ts'
import { gives, law, refuses, sorted } from '../sentences.ts'

gives('coalesce joins neighbours', (sc) => sc.range(0, 6, 1, 5).coalesce(2).glom(), [
  [0, 1],
  [2, 3, 4, 5],
])
gives(
  'coalesce never makes more partitions without a shuffle',
  (sc) => sc.range(0, 6, 1, 2).coalesce(5).getNumPartitions(),
  2,
)
gives('coalesce makes more with a shuffle', (sc) => sc.range(0, 6, 1, 2).coalesce(5, true).getNumPartitions(), 5)
gives(
  'repartition spreads one partition evenly',
  (sc) =>
    sc
      .range(0, 40, 1, 1)
      .repartition(4)
      .glom()
      .map((part) => part.length),
  [10, 10, 10, 10],
)
refuses('there is no repartitioning into nothing', 'E_PARTITIONS', (sc) => sc.range(3).repartition(0))
refuses('half a partition does not exist', 'E_PARTITIONS', (sc) => sc.range(3).coalesce(1.5))

const pairs = (sc: SparkContext, slices: number) => sc.parallelize([['a', 1]], slices)
gives(
  'a shuffle has as many partitions as its largest input',
  (sc) => pairs(sc, 3).join(pairs(sc, 7)).getNumPartitions(),
  7,
)
gives(
  'an input that is partitioned decides',
  (sc) => pairs(sc, 3).partitionBy(5).join(pairs(sc, 7)).getNumPartitions(),
  5,
)
gives(
  'the larger of two partitionings decides',
  (sc) => pairs(sc, 3).partitionBy(5).join(pairs(sc, 7).partitionBy(6)).getNumPartitions(),
  6,
)
gives(
  'a partitioning of less than a tenth of the largest input does not',
  (sc) => pairs(sc, 1).partitionBy(2).join(pairs(sc, 30)).getNumPartitions(),
  30,
)
gives(
  'spark.default.parallelism comes before the inputs',
  () =>
    pairs(new SparkContext({ 'spark.default.parallelism': 9 }), 3)
      .groupByKey()
      .getNumPartitions(),
  9,
)
gives('a given number comes before everything', (sc) => pairs(sc, 3).partitionBy(5).groupByKey(2).getNumPartitions(), 2)
gives('a given partitioner too', (sc) => pairs(sc, 3).groupByKey(new HashPartitioner(8)).getNumPartitions(), 8)
gives(
  'a union of RDDs that are partitioned alike stays so',
  (sc) => pairs(sc, 3).partitionBy(5).union(pairs(sc, 2).partitionBy(5)).getNumPartitions(),
  5,
)

law('moving records loses none', (sc, random) => {
  const numbers = random.numbers()
  const rdd = sc.parallelize(numbers, random.slices())
  assert.deepEqual(rdd.coalesce(random.slices()).collect(), numbers)
  assert.deepEqual(sorted(rdd.repartition(random.slices()).collect()), sorted(numbers))
  assert.deepEqual(
    sorted(
      rdd
        .keyBy((x) => x)
        .partitionBy(random.slices())
        .values()
        .collect(),
    ),
    sorted(numbers),
  )
})
