// Program 8: counts the errors of a log, and goes on counting after its process was killed.
import { seconds, SparkConf, StreamingContext } from 'sluice'

const [host = 'localhost', port = '9999', checkpoint = '/tmp', window = '30', slide = '10'] = process.argv.slice(2)

// A new process calls it again, as functions cannot be stored: the graph comes from here, counts and positions from the
// checkpoint.
function sscCreateFn() {
  const conf = new SparkConf().setAppName('RecoverableStreamingApps')
  const ssc = new StreamingContext(conf, seconds(Number(slide)))

  console.log('Stream processing logic start')

  const appLogLines = ssc.socketTextStream(host, Number(port))
  const errorLines = appLogLines.filter((line) => line.includes('ERROR'))
  errorLines.print()
  errorLines.countByWindow(seconds(Number(window)), seconds(Number(slide))).print()

  console.log('Stream processing logic end')

  ssc.checkpoint(checkpoint)
  return ssc
}

const ssc = await StreamingContext.getOrCreate(checkpoint, sscCreateFn)

ssc.start()
await ssc.awaitTermination()
