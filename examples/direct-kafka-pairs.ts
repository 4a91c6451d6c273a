// Program 48: keys and values of topics, as Spark's guide has it. Usage: [brokers] [topics, with commas between]
import { seconds, SparkConf, StreamingContext } from 'sluice'
import { ConsumerStrategies, KafkaUtils, LocationStrategies } from 'sluice/kafka'

const [brokers = 'localhost:9092', topics = 'topicA,topicB', interval = '2'] = process.argv.slice(2)

const ssc = new StreamingContext(new SparkConf().setAppName('DirectKafkaPairs'), seconds(Number(interval)))
const stream = KafkaUtils.createDirectStream(
  ssc,
  LocationStrategies.PreferConsistent,
  ConsumerStrategies.Subscribe<string, string>(topics.split(','), {
    'bootstrap.servers': brokers,
    'key.deserializer': 'org.apache.kafka.common.serialization.StringDeserializer',
    'value.deserializer': 'org.apache.kafka.common.serialization.StringDeserializer',
    'group.id': 'use_a_separate_group_id_for_each_stream',
    'auto.offset.reset': 'latest',
    'enable.auto.commit': false,
  }),
)
stream.map(({ key, value }) => [key, value]).print()

ssc.start()
await ssc.awaitTermination()
