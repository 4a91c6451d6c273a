/**
 * What the Kinesis scene kills: each record goes into the state of its key, which knows what has to come next, and what
 * came in a batch is added to the key's item. Functions are given no words, so places are in the environment.
 */
import { app, milliseconds } from 'sluice'
import { dynamo, kinesis } from 'sluice/aws'
import { sqlite } from 'sluice/sinks'

const { CHAOS_STREAM: stream = '', CHAOS_TABLE: table = '', CHAOS_DATABASE: database = '' } = process.env

interface Seen {
  readonly next: number
  /** Records that came where another one should have. */
  readonly wrong: number
  readonly fresh: readonly number[]
}
const nothing: Seen = { next: 0, wrong: 0, fresh: [] }

/** Processes are killed faster than a batch runs on a busy machine, and the ticks of a downtime bring nothing. */
const SETTINGS = { 'spark.task.maxFailures': 1000, 'sluice.catchUpMax': 1 }

export default app(
  'chaos-kinesis',
  milliseconds(500),
  (ssc) => {
    const records = ssc
      .source('records', kinesis({ stream, start: 'TRIM_HORIZON', maxPerShard: 1000 }))
      .map(({ partitionKey, data }): [string, number] => [partitionKey, Number(Buffer.from(data).toString())])

    records
      .updateStateByKey<Seen>((numbers, seen = nothing) => ({
        next: seen.next + numbers.length,
        wrong: seen.wrong + numbers.filter((n, i) => n !== seen.next + i).length,
        fresh: numbers,
      }))
      .filter(([, { fresh }]) => fresh.length > 0)
      .output(
        'items',
        dynamo<[string, Seen]>({
          table,
          change: ([key, { next, wrong, fresh }]) => ({
            key: { key },
            set: { next, wrong },
            add: { count: fresh.length, sum: fresh.reduce((sum, n) => sum + n, 0) },
          }),
        }),
      )

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
