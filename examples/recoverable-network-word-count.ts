// Program 40: counts words except some, which it counts in an accumulator; broadcast and accumulator are made when
// first used, so that they are there after a recovery as well.
import { appendFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Broadcast, seconds, SparkConf, type SparkContext, StreamingContext } from 'sluice'

class WordBlacklist {
  static #instance: Broadcast<string[]> | null = null

  static getInstance(sc: SparkContext) {
    return (this.#instance ??= sc.broadcast(['a', 'b', 'c']))
  }
}

class DroppedWordsCounter {
  static #instance: ReturnType<SparkContext['longAccumulator']> | null = null

  static getInstance(sc: SparkContext) {
    return (this.#instance ??= sc.longAccumulator('DroppedWordsCounter'))
  }
}

function createContext(ip: string, port: number, outputPath: string, checkpointDirectory: string, interval: number) {
  // Printed in every new process: functions cannot be stored, so the graph is defined again, and the rest comes from
  // the checkpoint.
  console.log('Creating new context')
  const outputFile = resolve(outputPath)
  const sparkConf = new SparkConf().setAppName('RecoverableNetworkWordCount')
  const ssc = new StreamingContext(sparkConf, seconds(interval))
  ssc.checkpoint(checkpointDirectory)

  const lines = ssc.socketTextStream(ip, port)
  const words = lines.flatMap((line) => line.split(' '))
  const wordCounts = words.map((word) => [word, 1]).reduceByKey((a, b) => a + b)

  wordCounts.foreachRDD((rdd, time) => {
    const blacklist = WordBlacklist.getInstance(rdd.sparkContext)
    const droppedWordsCounter = DroppedWordsCounter.getInstance(rdd.sparkContext)
    const counts = rdd
      .filter(([word, count]) => {
        if (!blacklist.value.includes(word)) return true
        droppedWordsCounter.add(count)
        return false
      })
      .collect()
      .map(([word, count]) => `(${word},${count})`)
    const output = `Counts at time ${time} [${counts.join(', ')}]`
    console.log(output)
    console.log(`Dropped ${droppedWordsCounter.value} word(s) totally`)
    console.log(`Appending to ${outputFile}`)
    appendFileSync(outputFile, `${output}\n`)
  })
  return ssc
}

const [ip, port, checkpointDirectory, outputPath, interval = '1'] = process.argv.slice(2)
if (outputPath === undefined) {
  console.error('Usage: recoverable-network-word-count.ts <hostname> <port> <checkpoint-directory> <output-file>')
  process.exit(1)
}

const ssc = await StreamingContext.getOrCreate(checkpointDirectory, () =>
  createContext(ip, Number(port), outputPath, checkpointDirectory, Number(interval)),
)

ssc.start()
await ssc.awaitTermination()
