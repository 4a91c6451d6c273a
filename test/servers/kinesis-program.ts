import { app, milliseconds } from '../../lib/index.ts'
import { kinesis } from '../../lib/adapters/aws/index.ts'

const [stream, out] = [process.env['STREAM']!, process.env['OUT']!]

/** Every record as a line, and the sum of what each key got: two readers of one stream. */
export default app('kinesis', milliseconds(250), (ssc) => {
  const records = ssc
    .source('records', kinesis({ stream, start: 'TRIM_HORIZON', maxPerShard: 300 }))
    .map(({ partitionKey, data }): [string, number] => [partitionKey, Number(Buffer.from(data).toString())])
  records.map(([key, n]) => `${key} ${n}`).saveAsTextFiles(`${out}/lines`)
  records
    .reduceByKey((a, b) => a + b)
    .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
    .map(([key, sum]) => `${key} ${sum}`)
    .saveAsTextFiles(`${out}/sums`)
})
