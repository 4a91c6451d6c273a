// Program 14: five RDDs that the program queues itself, one per batch; counts the numbers by their last digit.
import { type RDD, seconds, SparkContext, StreamingContext } from 'sluice'

const [interval = '2'] = process.argv.slice(2)

const sc = new SparkContext({ appName: 'PythonStreamingQueueStream' })
const ssc = new StreamingContext(sc, seconds(Number(interval)))

const rddQueue: RDD<number>[] = []
for (let i = 0; i < 5; i++) rddQueue.push(sc.range(1, 1001, 1, 10))

const inputStream = ssc.queueStream(rddQueue)
const mappedStream = inputStream.map((x) => [x % 10, 1])
const reducedStream = mappedStream.reduceByKey((a, b) => a + b)

reducedStream.pprint()

ssc.start()

// A graceful stop finishes the current batch and does not look at the queue: wait until every RDD is taken.
while (rddQueue.length > 0) await ssc.awaitTerminationOrTimeout(100)
await ssc.stop(true, true)
