// Program 24: counts the words between commas, every two seconds.
import { seconds, SparkConf, StreamingContext } from 'sluice'

const [host = 'localhost', port = '8888', interval = '2'] = process.argv.slice(2)

const conf = new SparkConf().setMaster('local[2]').setAppName('WordCountStream')
const ssc = new StreamingContext(conf, seconds(Number(interval)))

const dstream = ssc.socketTextStream(host, Number(port))
const result = dstream
  .flatMap((line) => line.split(','))
  .map((word) => [word, 1])
  .reduceByKey((a, b) => a + b)

result.print()

ssc.start()
await ssc.awaitTermination()
await ssc.stop()
