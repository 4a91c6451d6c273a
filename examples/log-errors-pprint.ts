// Program 4: the errors of a log and their number in the last 30 seconds, printed as PySpark prints.
import { seconds, SparkContext, StreamingContext } from 'sluice'

const [host = 'localhost', port = '9999', checkpoint = '/tmp', window = '30', slide = '10'] = process.argv.slice(2)

const sc = new SparkContext({ appName: 'PythonStreamingApp' })
const ssc = new StreamingContext(sc, seconds(Number(slide)))
ssc.checkpoint(checkpoint)

console.log('Stream processing logic start')

const appLogLines = ssc.socketTextStream(host, Number(port))
const errorLines = appLogLines.filter((appLogLine) => appLogLine.includes('ERROR'))
errorLines.pprint()
errorLines.countByWindow(seconds(Number(window)), seconds(Number(slide))).pprint()

console.log('Stream processing logic end')

ssc.start()
await ssc.awaitTermination()
