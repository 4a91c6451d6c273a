import { EmbeddedEngine } from '../../lib/hosts/embedded/embedded-engine.ts'
import { setEmbeddedOptions } from '../../lib/hosts/embedded/embedded-host.ts'
import { StreamingContext } from '../../lib/index.ts'
import { files, sqlite } from '../../lib/adapters/index.ts'
import { BATCH_MS, batchSource, jumpingClock, START } from '../support/run.ts'
import { linesOf } from './word-count-lines.ts'

// Counts words into tables and files, and says a dot per batch. It may be killed at any moment, and then goes on from
// its directory.
const [dir, database, folder, seed, count] = process.argv.slice(2) as [string, string, string, string, string]
const batches = linesOf(Number(seed), Number(count))

const over = Promise.withResolvers<void>()
setEmbeddedOptions({
  clock: jumpingClock(START, START + batches.length * BATCH_MS, over.resolve),
  dir,
  sync: false,
  log: {
    event: (event) => {
      if (event.type === 'error') over.reject(event.error)
    },
  },
})
const context = new StreamingContext({ 'spark.app.name': 'word-count', 'spark.master': 'local[2]' }, BATCH_MS, {
  hosted: true,
  engine: (started) => new EmbeddedEngine(started),
})
const pairs = context
  .source<string>('lines', batchSource(batches, 3))
  .flatMap((line) => line.split(' '))
  .map((word) => [word, 1])
const perBatch = pairs.reduceByKey((a, b) => a + b)
const totals = pairs.updateStateByKey((counts: readonly number[], sum = 0) => counts.reduce((a, b) => a + b, sum))

totals.output(
  'totals',
  sqlite(database, {
    table: 'totals',
    columns: ['word', 'n'],
    row: ([word, n]) => [word, n],
    upsert: { key: ['word'] },
  }),
)
totals.foreachRDD(() => {
  process.stdout.write('.')
})
perBatch.output(
  'added',
  sqlite(database, {
    table: 'added',
    columns: ['word', 'n'],
    row: ([word, n]) => [word, n],
    upsert: { key: ['word'], add: ['n'] },
    batchRows: 4,
  }),
)
perBatch.output(
  'history',
  sqlite(database, {
    table: 'history',
    columns: ['batch', 'word', 'n'],
    row: ([word, n], { batch }) => [batch, word, n],
  }),
)
perBatch.output('files', files(folder, { format: 'ndjson' }))

context.termination.wait(null).catch(over.reject)
context.start()
await over.promise
await context.stop()
process.exit(0)
