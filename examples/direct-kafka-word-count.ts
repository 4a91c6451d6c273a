// Counts words in topics (Spark's DirectKafkaWordCount). Usage: <brokers> <groupId> <topics, with commas between>
import { seconds, SparkConf, StreamingContext } from 'sluice'
import { ConsumerStrategies, KafkaUtils, LocationStrategies } from 'sluice/kafka'

const [brokers, groupId, topics] = process.argv.slice(2)
if (!brokers || !groupId || !topics) {
  console.error('Usage: direct-kafka-word-count <brokers> <groupId> <topics>')
  process.exit(1)
}

const ssc = new StreamingContext(new SparkConf().setAppName('DirectKafkaWordCount'), seconds(2))
const messages = KafkaUtils.createDirectStream(
  ssc,
  LocationStrategies.PreferConsistent,
  ConsumerStrategies.Subscribe<string, string>(topics.split(','), {
    'bootstrap.servers': brokers,
    'group.id': groupId,
    'key.deserializer': 'org.apache.kafka.common.serialization.StringDeserializer',
    'value.deserializer': 'org.apache.kafka.common.serialization.StringDeserializer',
  }),
)
messages
  .map(({ value }) => value ?? '')
  .flatMap((line) => line.split(' '))
  .map((word) => [word, 1])
  .reduceByKey((a, b) => a + b)
  .print()

ssc.start()
await ssc.awaitTermination()
