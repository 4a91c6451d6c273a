import assert from 'node:assert/strict'
import { after, type TestContext, test } from 'node:test'
import { kafkaIsMissing, startKafka } from '../../infra/servers/kafka.ts'
import { KafkaCluster } from '../../lib/adapters/kafka/cluster.ts'
import { groupOffsets } from '../../lib/adapters/kafka/offsets.ts'
import {
  ConsumerStrategies,
  createDirectStream,
  createRDD,
  createStream,
  LocationStrategies,
  OffsetRange,
  offsetRanges,
} from '../../lib/api/kafka/index.ts'
import { SparkContext, StreamingContext } from '../../lib/index.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { KafkaFeed } from './kafka-feed.ts'

const missing = kafkaIsMissing()
if (missing) test('Kafka streams', { skip: missing }, () => {})
else await tests()

async function tests(): Promise<void> {
  const server = await startKafka()
  const brokers = server.brokers[0]
  const feed = new KafkaFeed(server.brokers)
  const cluster = new KafkaCluster({ brokers })
  after(async () => {
    await cluster.close()
    await feed.close()
    await server.stop()
  })
  const params = {
    'bootstrap.servers': brokers,
    'key.deserializer': 'org.apache.kafka.common.serialization.StringDeserializer',
    'value.deserializer': 'org.apache.kafka.common.serialization.StringDeserializer',
    'auto.offset.reset': 'earliest' as const,
    'enable.auto.commit': false,
  }

  /** A program that runs until `done` says so. */
  async function runs(
    t: TestContext,
    define: (ssc: StreamingContext) => void,
    done: () => boolean | Promise<boolean>,
    conf: Record<string, string> = {},
    intervalMs = 200,
  ): Promise<void> {
    const ssc = new StreamingContext({ 'spark.app.name': 'kafka', 'spark.master': 'local[2]', ...conf }, intervalMs)
    ssc.checkpoint(await temporaryFolder(t))
    define(ssc)
    ssc.start()
    try {
      for (let tries = 0; tries < 300 && !(await done()); tries++) await ssc.awaitTerminationOrTimeout(100)
    } finally {
      await ssc.stop()
    }
    assert.ok(await done(), 'it ended in time')
  }

  test('offset ranges are those of the batch in transform and in foreachRDD, and can be committed', async (t) => {
    const topic = await feed.topic(3)
    await feed.send(
      topic,
      Array.from({ length: 30 }, (_, n) => ({ key: `k${n % 7}`, value: `${n}` })),
    )
    const inTransform = new Set<string>()
    const inOutput = new Set<string>()
    const values: number[] = []
    const texts = (ranges: readonly OffsetRange[]): string[] => ranges.map(String)
    const committed = async (): Promise<number> => {
      const asked = [0, 1, 2].map((partition) => ({ topic, partition }))
      return (await groupOffsets(cluster, 'ranges', asked)).reduce((sum, { offset }) => sum + offset, 0)
    }
    await runs(
      t,
      (ssc) => {
        const strategy = ConsumerStrategies.Subscribe<string, string>([topic], { ...params, 'group.id': 'ranges' })
        const stream = createDirectStream(ssc, LocationStrategies.PreferConsistent, strategy)
        stream
          .transform((rdd) => {
            for (const range of texts(offsetRanges(rdd))) inTransform.add(range)
            return rdd.map(({ value }) => Number(value))
          })
          .foreachRDD((rdd) => {
            values.push(...rdd.collect())
            assert.throws(
              () => offsetRanges(rdd),
              (error) => hasCode(error, 'E_KAFKA_RANGES'),
            )
          })
        stream.foreachRDD(async (rdd) => {
          const ranges = offsetRanges(rdd)
          for (const [i, records] of rdd.glom().collect().entries())
            assert.ok(records.every(({ partition }) => partition === ranges[i].partition))
          for (const range of texts(ranges)) inOutput.add(range)
          await stream.commitAsync(ranges)
        })
      },
      async () => values.length >= 30 && (await committed()) >= 30,
    )
    assert.deepEqual(
      values.sort((a, b) => a - b),
      Array.from({ length: 30 }, (_, n) => n),
    )
    assert.deepEqual(inOutput, inTransform)
    assert.equal(await committed(), 30)
  })

  test(
    'maxRatePerPartition limits what a batch takes of each partition, a config of its own goes before ' + 'it',
    async (t) => {
      const topic = await feed.topic(2)
      await feed.send(
        topic,
        Array.from({ length: 40 }, (_, n) => ({ partition: n % 2, value: `${n}` })),
      )
      const sizes: number[][] = []
      await runs(
        t,
        (ssc) => {
          const strategy = ConsumerStrategies.Assign<string, string>(
            [0, 1].map((partition) => ({ topic, partition })),
            params,
          )
          const limits = { maxRatePerPartition: ({ partition }: { partition: number }) => (partition === 0 ? 5 : 25) }
          createDirectStream(ssc, LocationStrategies.PreferBrokers, strategy, limits).foreachRDD((rdd) => {
            if (!rdd.isEmpty()) sizes.push(offsetRanges(rdd).map((range) => range.count()))
          })
        },
        () => sizes.flat().reduce((sum, n) => sum + n, 0) >= 40,
      )
      assert.deepEqual(sizes.slice(0, 5), [
        [1, 5],
        [1, 5],
        [1, 5],
        [1, 5],
        [1, 0],
      ])
    },
  )

  test('program 37: with five records a second, a batch of 1 s takes at most five of each partition', async (t) => {
    const topic = await feed.topic(2)
    await feed.send(
      topic,
      Array.from({ length: 15 }, (_, n) => ({ partition: n % 3 === 0 ? 1 : 0, value: `${n}` })),
    )
    const sizes: number[][] = []
    await runs(
      t,
      (ssc) => {
        const strategy = ConsumerStrategies.Subscribe<string, string>([topic], {
          ...params,
          'group.id': 'class3_consumer',
          'fetch.message.max.bytes': '209715200',
        })
        createDirectStream(ssc, LocationStrategies.PreferConsistent, strategy).foreachRDD((rdd) => {
          if (!rdd.isEmpty()) sizes.push(offsetRanges(rdd).map((range) => range.count()))
        })
      },
      () => sizes.flat().reduce((sum, n) => sum + n, 0) >= 15,
      {
        'spark.streaming.kafka.maxRatePerPartition': '5',
        'spark.serializer': 'org.apache.spark.serializer.KryoSerializer',
      },
      1000,
    )
    assert.deepEqual(sizes, [
      [5, 5],
      [5, 0],
    ])
  })

  test('each batch has a range for each partition, also an empty one, and partition i is range i', async (t) => {
    const topic = await feed.topic(3)
    await feed.send(topic, [
      { partition: 1, value: 'a' },
      { partition: 1, value: 'b' },
    ])
    const batches: { readonly inTransform: string[]; readonly ranges: string[]; readonly records: number[] }[] = []
    await runs(
      t,
      (ssc) => {
        const strategy = ConsumerStrategies.Subscribe<string, string>([topic], params)
        const stream = createDirectStream(ssc, LocationStrategies.PreferConsistent, strategy)
        let inTransform: string[] = []
        stream
          .transform((rdd) => {
            inTransform = offsetRanges(rdd).map(String)
            return rdd
          })
          .foreachRDD(() => {})
        stream.foreachRDD((rdd) => {
          const records = rdd.glom().collect()
          batches.push({
            inTransform,
            ranges: offsetRanges(rdd).map(String),
            records: records.map((each) => each.length),
          })
        })
      },
      () => batches.length >= 3,
    )
    const ranges = (until: number, from: number): string[] =>
      [
        OffsetRange.create(topic, 0, 0, 0),
        OffsetRange.create(topic, 1, from, until),
        OffsetRange.create(topic, 2, 0, 0),
      ].map(String)
    const first = ranges(2, 0)
    const idle = ranges(2, 2)
    assert.deepEqual(batches.slice(0, 3), [
      { inTransform: first, ranges: first, records: [0, 2, 0] },
      { inTransform: idle, ranges: idle, records: [0, 0, 0] },
      { inTransform: idle, ranges: idle, records: [0, 0, 0] },
    ])
  })

  test('createRDD of an empty range at the end of a partition has a partition without records, at once', async () => {
    const topic = await feed.topic(1)
    await feed.send(topic, [{ value: 'a' }])
    const sc = new SparkContext('local[2]', 'empty')
    const rdd = await createRDD<string, string>(sc, params, [OffsetRange.create(topic, 0, 1, 1)])
    assert.deepEqual(rdd.glom().collect(), [[]])
    sc.stop()
  })

  test('createRDD reads the ranges it is given, one partition each', async () => {
    const topic = await feed.topic(2)
    await feed.send(
      topic,
      Array.from({ length: 20 }, (_, n) => ({ partition: n % 2, value: `${n}` })),
    )
    const sc = new SparkContext('local[2]', 'ranges')
    const ranges = [OffsetRange.create(topic, 0, 2, 5), OffsetRange.create(topic, 1, 0, 2)]
    const rdd = await createRDD<string, string>(sc, params, ranges, LocationStrategies.PreferConsistent)
    assert.deepEqual(
      rdd
        .map(({ value }) => value)
        .glom()
        .collect(),
      [
        ['4', '6', '8'],
        ['1', '3'],
      ],
    )
    assert.deepEqual(offsetRanges(rdd).map(String), ranges.map(String))
    sc.stop()
  })

  test(
    'many createStream of one group read each record once between them; a second start goes on from the ' + 'group',
    async (t) => {
      const topics = [await feed.topic(3), await feed.topic(1)]
      const write = (round: string): Promise<void[]> =>
        Promise.all(
          topics.map((topic) =>
            feed.send(
              topic,
              Array.from({ length: 10 }, (_, n) => ({ value: `${round}${n}` })),
            ),
          ),
        )
      const got: (string | null)[] = []
      const define = (ssc: StreamingContext): void => {
        const threads = Object.fromEntries(topics.map((topic) => [topic, 1]))
        const streams = Array.from({ length: 5 }, () =>
          createStream(
            ssc,
            { 'bootstrap.servers': brokers, 'group.id': 'receivers', 'auto.offset.reset': 'smallest' },
            threads,
          ),
        )
        ssc
          .union(streams)
          .map(([, value]) => value)
          .foreachRDD((rdd) => {
            got.push(...rdd.collect())
          })
      }
      const offsets = async (): Promise<number> => {
        const asked = [
          ...[0, 1, 2].map((partition) => ({ topic: topics[0], partition })),
          { topic: topics[1], partition: 0 },
        ]
        return (await groupOffsets(cluster, 'receivers', asked)).reduce((sum, { offset }) => sum + offset, 0)
      }
      await write('a')
      await runs(t, define, async () => got.length >= 20 && (await offsets()) >= 20)
      await write('b')
      await runs(t, define, () => got.length >= 40)
      const once = ['a', 'b'].flatMap((round) => Array.from({ length: 10 }, (_, n) => `${round}${n}`))
      assert.deepEqual(got.map(String).sort(), [...once, ...once].sort())
    },
  )

  test('an address of ZooKeeper is refused, with what to put in its place', () => {
    const ssc = new StreamingContext({ 'spark.app.name': 'kafka', 'spark.master': 'local[1]' }, 200)
    for (const address of ['localhost', 'localhost:2181'])
      assert.throws(
        () => createStream(ssc, address, 'group', { topic: 1 }),
        (error) => hasCode(error, 'E_KAFKA_OPTION') && /ZooKeeper/.test(error.message),
      )
    ssc.sparkContext.stop()
  })
}
