// Program 36: Spark's DirectKafkaWordCount for Kafka 0.8, whose words lie between commas. Usage: [brokers] [topics]
import { seconds, SparkConf, StreamingContext } from 'sluice'
import { ConsumerStrategies, KafkaUtils, LocationStrategies } from 'sluice/kafka'

const [brokers = 'localhost:9092', topics = 'direct01,direct02', interval = '5'] = process.argv.slice(2)

const conf = new SparkConf().setAppName('DirectKafkaWordCount').setMaster('local[2]')
const ssc = new StreamingContext(conf, seconds(Number(interval)))

const kafkaParams = {
  'bootstrap.servers': brokers,
  'group.id': 'sparkStreamingKafka',
  'key.deserializer': 'StringDeserializer',
  'value.deserializer': 'StringDeserializer',
}
KafkaUtils.createDirectStream(
  ssc,
  LocationStrategies.PreferConsistent,
  ConsumerStrategies.Subscribe<string, string>(topics.split(','), kafkaParams),
)
  .flatMap(({ value }) => value?.split(',') ?? [])
  .map((word) => [word, 1])
  .reduceByKey((a, b) => a + b)
  .print()

ssc.start()
await ssc.awaitTermination()
