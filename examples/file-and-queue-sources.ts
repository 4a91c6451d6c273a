// Program 2: the sources that need no server, in a context that an existing SparkContext makes.
import { basename } from 'node:path'
import { seconds, SparkContext, StreamingContext } from 'sluice'

const [directory = 'logs', interval = '5'] = process.argv.slice(2)

const sc = new SparkContext('local[2]', 'FileAndQueueSources')
const ssc = new StreamingContext(sc, seconds(Number(interval)))

// The lines of every file that is moved into the directory. Files whose name begins with a dot are ignored.
ssc.textFileStream(directory).print()

// The same files, read in a way of our own.
ssc.fileStream(directory, { read: (path, bytes) => [`${basename(path)} has ${bytes.length} bytes`] }).print()

// All directories that match a pattern.
ssc
  .textFileStream(`${directory}/2017/*`)
  .map((line) => `2017: ${line}`)
  .print()

// RDDs that this program makes itself, one per batch.
ssc.queueStream([sc.parallelize(['queued first']), sc.parallelize(['queued second'])]).print()

ssc.start()
await ssc.awaitTermination()
