// Program 7: as log-errors-pprint, from a topic of Kafka. Usage: [brokers] [topic] [checkpoint]
import { seconds, SparkContext, StreamingContext } from 'sluice'
import { KafkaUtils } from 'sluice/kafka'

const [brokers = 'localhost:9092', topic = 'sfb', checkpoint = '/tmp', window = '30', slide = '10'] =
  process.argv.slice(2)

const sc = new SparkContext({ appName: 'PythonStreamingApp' })
const ssc = new StreamingContext(sc, seconds(Number(slide)))
ssc.checkpoint(checkpoint)

console.log('Stream processing logic start')

const appLogLines = KafkaUtils.createStream(ssc, brokers, 'sfb-consumer-group', { [topic]: 1 }).map((pair) => pair[1])
const errorLines = appLogLines.filter((appLogLine) => appLogLine?.includes('ERROR') === true)
errorLines.pprint()
errorLines.countByWindow(seconds(Number(window)), seconds(Number(slide))).pprint()

console.log('Stream processing logic end')

ssc.start()
await ssc.awaitTermination()
