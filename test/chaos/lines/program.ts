/**
 * What the second chaos scene kills: a program in Spark's own form, over files that arrive while it runs or does not.
 */
import { milliseconds, StreamingContext } from '../../../lib/index.ts'
import { sqlite } from '../../../lib/adapters/index.ts'
import { INTERVAL_MS, WINDOW } from './lines.ts'

const [checkpoint, directory, database, files] = process.argv.slice(2)

function create(): StreamingContext {
  const ssc = new StreamingContext({ appName: 'lines', 'sluice.catchUpMax': 1_000_000 }, milliseconds(INTERVAL_MS))
  ssc.checkpoint(checkpoint)
  const lines = ssc.textFileStream(directory, { newFilesOnly: false }).map((line) => {
    const [id, word, n] = line.split(' ')
    return { id: Number(id), word, n: Number(n) }
  })
  lines.output(
    'seen',
    sqlite(database, {
      table: 'seen',
      columns: ['id', 'batch'],
      row: ({ id }, { batch }) => [id, batch],
      fence: 'seen_fence',
    }),
  )
  lines.map(({ id }) => id).saveAsTextFiles(files)

  const numbers = lines.map(({ word, n }) => [word, n])
  numbers
    .updateStateByKey((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
    .output(
      'sums',
      sqlite(database, {
        table: 'sums',
        columns: ['word', 'n'],
        row: ([word, n]) => [word, n],
        upsert: { key: ['word'] },
        fence: 'sums_fence',
      }),
    )
  numbers
    .reduceByKeyAndWindow((a, b) => Math.max(a, b), milliseconds(WINDOW * INTERVAL_MS))
    .output(
      'highest',
      sqlite(database, {
        table: 'highest',
        columns: ['batch', 'word', 'n'],
        row: ([word, n], { batch }) => [batch, word, n],
        fence: 'highest_fence',
      }),
    )
  return ssc
}

const ssc = await StreamingContext.getOrCreate(checkpoint, create)
ssc.start()
await ssc.awaitTermination()
