// Program 27: counts words since the start, with the state of each key in our hands.
import { seconds, SparkConf, StreamingContext } from 'sluice'

const [host = 'localhost', port = '8888', checkpoint = 'checkpoint', interval = '3'] = process.argv.slice(2)

const conf = new SparkConf().setMaster('local[2]').setAppName('UpdateStateByKeyTest')
const ssc = new StreamingContext(conf, seconds(Number(interval)))
ssc.checkpoint(checkpoint)

const dstream = ssc.socketTextStream(host, Number(port))
const wordCounts = dstream
  .flatMap((line) => line.split(','))
  .map((word) => [word, 1])
  .updateStateByKey((values, state) => {
    const currentCount = values.reduce((a, b) => a + b, 0)
    const lastCount = state ?? 0
    return currentCount + lastCount
  })

wordCounts.print()

ssc.start()
await ssc.awaitTermination()
await ssc.stop()
