// Program 35: twenty streams of one group share topics, and count as one. Usage: [brokers] [topics] [interval]
import { seconds, SparkConf, StreamingContext } from 'sluice'
import { KafkaUtils } from 'sluice/kafka'

const [brokers = 'localhost:9092', topics = 'streaming1,streaming2,streaming3', interval = '5'] = process.argv.slice(2)

const conf = new SparkConf().setAppName('ReceiverKafkaWordCount').setMaster('local[4]')
const ssc = new StreamingContext(conf, seconds(Number(interval)))

const kafkaParams = { 'zookeeper.connect': brokers, 'group.id': 'sparkStreamingKafka' }
const threads = Object.fromEntries(topics.split(',').map((topic) => [topic, 1]))
const streams = Array.from({ length: 20 }, () => KafkaUtils.createStream(ssc, kafkaParams, threads))

ssc
  .union(streams)
  .flatMap(([, line]) => line?.split(',') ?? [])
  .map((word) => [word, 1])
  .reduceByKey((a, b) => a + b)
  .print()

ssc.start()
await ssc.awaitTermination()
