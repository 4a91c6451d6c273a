// Program 18: counts words since the start, and keeps the counts of every batch in a directory of its own.
import { seconds, SparkContext, StreamingContext } from 'sluice'

if (process.argv.length < 4) {
  console.error('Usage: stateful-word-count-files.ts <hostname> <port> [output] [checkpoint] [interval]')
  process.exit(-1)
}
const [hostname, port, output = 'stateful/output', checkpoint = 'checkpoint', interval = '1'] = process.argv.slice(2)

const sc = new SparkContext({ appName: 'PythonStreamingStatefulWordCountFiles' })
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

runningCounts.saveAsTextFiles(output)
runningCounts.pprint()

ssc.start()
await ssc.awaitTermination()
