// Program 38: offsets in a store of one's own. A database keeps them with the counts, in one transaction, so that both
// are of the same batch whatever happens; the group gets them as well, for those who watch its lag.
// Usage: [brokers] [topic] [database] [interval]
import { DatabaseSync } from 'node:sqlite'
import { seconds, SparkConf, StreamingContext } from 'sluice'
import { ConsumerStrategies, KafkaUtils, LocationStrategies, offsetRanges } from 'sluice/kafka'

const [brokers = 'localhost:9092', topic = 'offsets', file = 'offsets.db', interval = '5'] = process.argv.slice(2)

const database = new DatabaseSync(file)
database.exec(`
  CREATE TABLE IF NOT EXISTS offsets (partition INTEGER PRIMARY KEY, offset INTEGER);
  CREATE TABLE IF NOT EXISTS counts (word TEXT PRIMARY KEY, n INTEGER)`)
const stored = database.prepare('SELECT partition, offset FROM offsets').all() as {
  partition: number
  offset: number
}[]

const ssc = new StreamingContext(new SparkConf().setAppName('OwnOffsets'), seconds(Number(interval)))
const stream = KafkaUtils.createDirectStream(
  ssc,
  LocationStrategies.PreferConsistent,
  ConsumerStrategies.Subscribe<string, string>(
    [topic],
    {
      'bootstrap.servers': brokers,
      'group.id': 'own-offsets',
      'key.deserializer': 'StringDeserializer',
      'value.deserializer': 'StringDeserializer',
      'auto.offset.reset': 'earliest',
      'enable.auto.commit': false,
    },
    stored.map(({ partition, offset }) => ({ topic, partition, offset })),
  ),
)

const addCount = database.prepare(
  'INSERT INTO counts VALUES (?, ?) ON CONFLICT (word) DO UPDATE SET n = n + excluded.n',
)
const setOffset = database.prepare('INSERT OR REPLACE INTO offsets VALUES (?, ?)')
const offsetOf = database.prepare('SELECT offset FROM offsets WHERE partition = ?')

stream.foreachRDD(async (rdd) => {
  if (rdd.isEmpty()) return
  const ranges = offsetRanges(rdd)
  const counts = rdd
    .flatMap(({ value }) => value?.split(' ') ?? [])
    .map((word) => [word, 1])
    .reduceByKey((a, b) => a + b)
    .collect()
  database.exec('BEGIN IMMEDIATE')
  // An output may come again: what the offsets say is done stays done.
  const isNew = ranges.some((range) => range.untilOffset > Number(offsetOf.get(range.partition)?.['offset'] ?? 0))
  if (isNew) {
    for (const [word, n] of counts) addCount.run(word, n)
    for (const { partition, untilOffset } of ranges) setOffset.run(partition, untilOffset)
  }
  database.exec('COMMIT')
  await stream.commitAsync(ranges)
  console.log(`${counts.length} words of ${ranges.join(', ')}`)
})

ssc.start()
await ssc.awaitTermination()
