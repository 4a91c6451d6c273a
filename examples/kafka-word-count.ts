// Counts words in one topic, from where the group is (Spark's KafkaWordCount). Usage: <brokers> <topic>
import { seconds, StreamingContext } from 'sluice'
import { createStream } from 'sluice/kafka'

const [brokers, topic] = process.argv.slice(2)
if (!brokers || !topic) {
  console.error('Usage: kafka-word-count <brokers> <topic>')
  process.exit(1)
}

const ssc = new StreamingContext({ 'spark.app.name': 'KafkaWordCount' }, seconds(1))
createStream(ssc, brokers, 'spark-streaming-consumer', { [topic]: 1 })
  .map(([, line]) => line ?? '')
  .flatMap((line) => line.split(' '))
  .map((word) => [word, 1])
  .reduceByKey((a, b) => a + b)
  .print()

ssc.start()
await ssc.awaitTermination()
