// Program 30: counts the words of the last four seconds, every two seconds.
import { seconds, SparkConf, StreamingContext } from 'sluice'

const [host = 'localhost', port = '8888', window = '4', slide = '2'] = process.argv.slice(2)

const conf = new SparkConf().setMaster('local[2]').setAppName('WindowTest')
const ssc = new StreamingContext(conf, seconds(Number(slide)))

const dstream = ssc.socketTextStream(host, Number(port))
const result = dstream
  .flatMap((line) => line.split(','))
  .map((word) => [word, 1])
  .reduceByKeyAndWindow((a, b) => a + b, seconds(Number(window)), seconds(Number(slide)))

result.print()

ssc.start()
await ssc.awaitTermination()
await ssc.stop()
