// Program 1: counts the words that arrive at a socket, every second.
// Start a server first, `nc -lk 9999`, and type lines into it.
import { seconds, StreamingContext } from 'sluice'

const [host = 'localhost', port = '9999', interval = '1'] = process.argv.slice(2)

const ssc = new StreamingContext({ master: 'local[2]', appName: 'NetworkWordCount' }, seconds(Number(interval)))

const lines = ssc.socketTextStream(host, Number(port))
const words = lines.flatMap((line) => line.split(' '))
const pairs = words.map((word) => [word, 1])
const wordCounts = pairs.reduceByKey((a, b) => a + b)

wordCounts.print()

ssc.start()
await ssc.awaitTermination()
