// Program 17: counts words since the start, on top of some initial counts.
import { seconds, SparkContext, StreamingContext } from 'sluice'

if (process.argv.length < 4) {
  console.error('Usage: stateful-network-word-count.ts <hostname> <port> [checkpoint] [interval]')
  process.exit(-1)
}
const [hostname, port, checkpoint = 'checkpoint', interval = '1'] = process.argv.slice(2)

const sc = new SparkContext({ appName: 'PythonStreamingStatefulNetworkWordCount' })
const ssc = new StreamingContext(sc, seconds(Number(interval)))
ssc.checkpoint(checkpoint)

const initialStateRDD = sc.parallelize([
  ['hello', 1],
  ['world', 1],
])

const updateFunc = (newValues: readonly number[], lastSum = 0) => newValues.reduce((a, b) => a + b, lastSum)

const lines = ssc.socketTextStream(hostname, Number(port))
const runningCounts = lines
  .flatMap((line) => line.split(' '))
  .map((word) => [word, 1])
  .updateStateByKey(updateFunc, { initial: initialStateRDD })

runningCounts.pprint()

ssc.start()
await ssc.awaitTermination()
