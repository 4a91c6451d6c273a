// Program 29: counts words, except those on a black list that is joined to every batch.
import { seconds, SparkConf, StreamingContext } from 'sluice'

const [host = 'localhost', port = '8888', interval = '2'] = process.argv.slice(2)

const conf = new SparkConf().setMaster('local[2]').setAppName('BlackWordCount')
const ssc = new StreamingContext(conf, seconds(Number(interval)))

const wordBlackList = ssc.sparkContext.parallelize(['$', '?', '!']).map((word) => [word, true])
const blackList = wordBlackList.collect()
const blackListBC = ssc.sparkContext.broadcast(blackList)

const dstream = ssc.socketTextStream(host, Number(port))
const wordsDStream = dstream.flatMap((line) => line.split(' ')).map((word) => [word, 1])

const filtered = wordsDStream.transform((rdd) => {
  const blackListRDD = rdd.sparkContext.parallelize(blackListBC.value)
  const resultRDD = rdd.leftOuterJoin(blackListRDD)
  return resultRDD.filter(([, [, isBlack]]) => isBlack === undefined).map(([word, [one]]) => [word, one])
})
const result = filtered.reduceByKey((a, b) => a + b)

result.print()

ssc.start()
await ssc.awaitTermination()
await ssc.stop()
