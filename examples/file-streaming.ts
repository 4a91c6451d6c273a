// Program 12: counts the words of the files that appear in a directory, every ten seconds.
import { seconds, SparkConf, SparkContext, StreamingContext } from 'sluice'

const [directory = 'logfile', interval = '10'] = process.argv.slice(2)

const conf = new SparkConf()
conf.setAppName('TestDStream')
conf.setMaster('local[2]')

const sc = new SparkContext(conf)
const ssc = new StreamingContext(sc, seconds(Number(interval)))

const lines = ssc.textFileStream(directory)
const words = lines.flatMap((line) => line.split(' '))
const wordCounts = words.map((x) => [x, 1]).reduceByKey((a, b) => a + b)

wordCounts.pprint()

ssc.start()
await ssc.awaitTermination()
