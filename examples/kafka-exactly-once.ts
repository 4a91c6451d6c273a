import { app, milliseconds } from 'sluice'
import { kafka, kafkaSink, StringDeserializer } from 'sluice/kafka'

const [brokers = 'localhost:9092', input = 'orders', output = 'totals', interval = '1000'] = process.argv.slice(2)

/**
 * Amounts by customer in one topic, their totals in another: each order counts once, and consumers of committed records
 * (`isolation.level=read_committed`) see each total once, however often this is killed. `--dir` keeps where it was.
 */
export default app('order-totals', milliseconds(Number(interval)), (ssc) => {
  const orders = ssc.source(
    'orders',
    kafka({
      brokers,
      topics: input,
      startingOffsets: 'earliest',
      key: StringDeserializer,
      value: StringDeserializer,
    }),
  )
  orders
    .map(({ key, value }): [string, number] => [key ?? 'nobody', Number(value)])
    .updateStateByKey<{ total: number; changed: boolean }>((amounts, before) => ({
      total: amounts.reduce((a, b) => a + b, before?.total ?? 0),
      changed: amounts.length > 0,
    }))
    .filter(([, { changed }]) => changed)
    .output(
      'totals',
      kafkaSink({ brokers, topic: output, message: ([key, { total }]) => ({ key, value: String(total) }) }),
    )
})
