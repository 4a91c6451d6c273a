// Program 16: counts the words of the last 30 seconds, every ten seconds, by adding what came and subtracting what
// left.
import { seconds, SparkContext, StreamingContext } from 'sluice'

if (process.argv.length < 4) {
  console.error('Usage: windowed-network-word-count.ts <hostname> <port> [checkpoint] [window] [slide]')
  process.exit(-1)
}
const [hostname, port, checkpoint = 'checkpoint', window = '30', slide = '10'] = process.argv.slice(2)

const sc = new SparkContext({ appName: 'PythonStreamingWindowedNetworkWordCount' })
const ssc = new StreamingContext(sc, seconds(Number(slide)))
ssc.checkpoint(checkpoint)

const lines = ssc.socketTextStream(hostname, Number(port))
const counts = lines
  .flatMap((line) => line.split(' '))
  .map((word) => [word, 1])
  .reduceByKeyAndWindow(
    (x, y) => x + y,
    (x, y) => x - y,
    seconds(Number(window)),
    seconds(Number(slide)),
  )

// A word that has left the window stays, with 0: pass a filter to drop it, `{ filter: ([, count]) => count > 0 }`.
counts.pprint()

ssc.start()
await ssc.awaitTermination()
