// Program 6: as log-errors, from topics of Kafka. Usage: [brokers] [topics, with commas between] [checkpoint]
import { seconds, SparkConf, StreamingContext } from 'sluice'
import { KafkaUtils } from 'sluice/kafka'

const [brokers = 'localhost:9092', topics = 'sfb', checkpoint = '/tmp', window = '30', slide = '10'] =
  process.argv.slice(2)

const conf = new SparkConf().setAppName('KafkaStreamingApps').setMaster('local[4]')
const ssc = new StreamingContext(conf, seconds(Number(slide)))
ssc.checkpoint(checkpoint)

console.log('Stream processing logic start')

const threads = Object.fromEntries(topics.split(',').map((topic) => [topic, 1]))
const appLogLines = KafkaUtils.createStream(ssc, brokers, 'sfb-consumer-group', threads).map(([, line]) => line ?? '')
const errorLines = appLogLines.filter((line) => line.includes('ERROR'))
errorLines.print()
errorLines.countByWindow(seconds(Number(window)), seconds(Number(slide))).print()

console.log('Stream processing logic end')

ssc.start()
await ssc.awaitTermination()
