// Program 13: the word count of a socket again, with arguments that must be there.
import { seconds, SparkContext, StreamingContext } from 'sluice'

if (process.argv.length < 4) {
  console.error('Usage: network-word-count-usage.ts <hostname> <port>')
  process.exit(-1)
}
const [hostname, port, interval = '1'] = process.argv.slice(2)

const sc = new SparkContext({ appName: 'PythonStreamingNetworkWordCount' })
const ssc = new StreamingContext(sc, seconds(Number(interval)))

const lines = ssc.socketTextStream(hostname, Number(port))
const counts = lines
  .flatMap((line) => line.split(' '))
  .map((word) => [word, 1])
  .reduceByKey((a, b) => a + b)

counts.pprint()

ssc.start()
await ssc.awaitTermination()
