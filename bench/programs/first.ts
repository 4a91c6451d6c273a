import { StreamingContext } from '../../lib/index.ts'
import { setEmbeddedOptions } from '../../lib/hosts/embedded/embedded-host.ts'
import { textSource } from '../text-blocks.ts'

/** A word count over one block of text that ends with its first batch. */
const [path, bytes] = process.argv.slice(2) as [string, string]
setEmbeddedOptions({ batchesMax: 1 })
const context = new StreamingContext({ appName: 'first', master: 'local[2]' }, 10)
context
  .source('text', textSource([[{ path, from: 0, to: Number(bytes) }]]))
  .flatMap((line) => line.split(' '))
  .map((word): [string, number] => [word, 1])
  .reduceByKey((a, b) => a + b)
  .print()
context.start()
await context.awaitTermination()
