import { app, milliseconds } from 'sluice'
import { files } from 'sluice/sinks'

const [drop = 'drop', lake = 'lake', interval = '5000'] = process.argv.slice(2)

interface Order {
  readonly id: string
  readonly cents: number
  readonly at: string
}

/**
 * Files of orders, JSON line by line, that are dropped into a place become Parquet in another. Both are folders or
 * `s3://bucket/prefix`. On AWS a dropped file is an event, and its batch comes at once: nothing runs, and nothing is
 * paid, while nobody drops anything. Lines that are no orders become dead letters.
 */
export default app(
  'file-drop',
  milliseconds(Number(interval)),
  (ssc) => {
    ssc
      // Every file, whenever it appears, also those that lay there before.
      .textFileStream(drop, { name: 'drop', select: 'seen' })
      .map((line) => {
        const { id, cents, at } = JSON.parse(line) as Order
        return { id, cents, at: new Date(at) }
      })
      .output(
        'orders',
        files(lake, {
          format: 'parquet',
          columns: { id: 'string', cents: 'long', at: 'timestamp' },
          compression: 'zstd',
        }),
      )
  },
  { onError: 'dead-letter', conf: { 'sluice.trigger': 'events' } },
)
