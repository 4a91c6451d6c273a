/**
 * What the Kafka scene kills: numbers the records of each key in the order in which they come, from one topic to
 * another. `<brokers> <input> <output> <database>`.
 */
import { app, milliseconds } from '../../../lib/index.ts'
import { sqlite } from '../../../lib/adapters/index.ts'
import { kafka, kafkaSink, StringDeserializer } from '../../../lib/api/kafka/index.ts'

const [brokers, input, output, database] = process.argv.slice(2)

interface Numbered {
  readonly seen: number
  readonly fresh: readonly string[]
}
const nothing: Numbered = { seen: 0, fresh: [] }

/** Processes are killed faster than a batch runs on a busy machine, and the ticks of a downtime bring nothing. */
const SETTINGS = { 'spark.task.maxFailures': 1000, 'sluice.catchUpMax': 1 }

export default app(
  'chaos-kafka',
  milliseconds(500),
  (ssc) => {
    const records = ssc.source(
      'records',
      kafka({
        brokers,
        topics: input,
        startingOffsets: 'earliest',
        maxRatePerPartition: 4000,
        key: StringDeserializer,
        value: StringDeserializer,
      }),
    )

    records
      .map(({ key, value }): [string, string] => [key!, value!])
      .updateStateByKey<Numbered>((values, { seen } = nothing) => ({
        seen: seen + values.length,
        fresh: values.map((value, i) => `${seen + i} ${value}`),
      }))
      .flatMap(([key, { fresh }]) => fresh.map((value) => ({ key, value })))
      .output('numbered', kafkaSink({ brokers, topic: output, message: (message) => message }))

    records.count().output(
      'counts',
      sqlite(database, {
        table: 'counts',
        columns: ['batch', 'n'],
        row: (n, { batch }) => [batch, n],
        fence: 'counts_fence',
      }),
    )
  },
  { conf: SETTINGS },
)
