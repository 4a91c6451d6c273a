/**
 * What the Kafka scene kills: numbers the records of each key in the order in which they come, from one topic to
 * another. Functions are given no words, so places are in the environment.
 */
import { app, milliseconds } from 'sluice'
import { sqlite } from 'sluice/sinks'
import { kafka, kafkaSink, StringDeserializer } from 'sluice/kafka'

const {
  CHAOS_BROKERS: brokers = '',
  CHAOS_INPUT: input = '',
  CHAOS_OUTPUT: output = '',
  CHAOS_DATABASE: database = '',
} = process.env

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
