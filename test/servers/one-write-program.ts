import { mysql, type OutputSink, postgres, redis } from '../../lib/adapters/index.ts'
import { delivery } from '../../lib/testing/contracts/sink-rows.ts'

// Writes two batches and closes nothing: whether the process ends is up to the sink.
const url = process.argv[2]
const makers: { readonly [protocol: string]: () => OutputSink<number> } = {
  'postgres:': () => postgres(url, { table: 'one_write', columns: ['n'], row: (n) => [n] }),
  'mysql:': () => mysql(url, { table: 'one_write', columns: ['n'], row: (n) => [n] }),
  'redis:': () => redis(url, { commands: (n) => [['INCRBY', 'one_write', n]] }),
}
const sink = makers[new URL(url).protocol]()
await sink.write([1], delivery(1))
await sink.write([2], delivery(2))
