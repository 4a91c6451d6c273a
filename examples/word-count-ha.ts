// Program 33: counts words since the start, and goes on after its process was killed.
import { seconds, SparkConf, StreamingContext } from 'sluice'

const [host = 'localhost', port = '8888', checkpointDirectory = 'checkpoint', interval = '5'] = process.argv.slice(2)

// A new process calls it again, as functions cannot be stored: the graph comes from here, counts and positions from the
// checkpoint.
function functionToCreateContext() {
  const conf = new SparkConf().setMaster('local[2]').setAppName('WordCountHA')
  const ssc = new StreamingContext(conf, seconds(Number(interval)))
  ssc.checkpoint(checkpointDirectory)

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
  return ssc
}

const ssc = await StreamingContext.getOrCreate(checkpointDirectory, functionToCreateContext)

ssc.start()
await ssc.awaitTermination()
await ssc.stop()
