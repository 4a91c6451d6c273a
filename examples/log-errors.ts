// Programs 3 and 5: prints the errors of a log, and how many there were in the last 30 seconds.
import { seconds, SparkConf, StorageLevel, StreamingContext } from 'sluice'

const [host = 'localhost', port = '9999', checkpoint = '/tmp', window = '30', slide = '10'] = process.argv.slice(2)

const conf = new SparkConf().setAppName('StreamingApps').setMaster('local[4]')
const ssc = new StreamingContext(conf, seconds(Number(slide)))
ssc.checkpoint(checkpoint)

console.log('Stream processing logic start')

const appLogLines = ssc.socketTextStream(host, Number(port), StorageLevel.MEMORY_AND_DISK_SER)
const errorLines = appLogLines.filter((line) => line.includes('ERROR'))
errorLines.print()
errorLines.countByWindow(seconds(Number(window)), seconds(Number(slide))).print()

console.log('Stream processing logic end')

ssc.start()
await ssc.awaitTermination()
