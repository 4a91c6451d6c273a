// Program 25: counts the words between commas in the files that appear in a directory, every five seconds.
import { seconds, SparkConf, StreamingContext } from 'sluice'

const [directory = 'sparkstreaming', interval = '5'] = process.argv.slice(2)

const conf = new SparkConf().setMaster('local[2]').setAppName('WordCountForDirectory')
const ssc = new StreamingContext(conf, seconds(Number(interval)))

// Only files directly in the directory: what its subdirectories hold is not read.
const dstream = ssc.textFileStream(directory)
const result = dstream
  .flatMap((line) => line.split(','))
  .map((word) => [word, 1])
  .reduceByKey((a, b) => a + b)

result.print()

ssc.start()
await ssc.awaitTermination()
await ssc.stop()
