import { mysql, postgres, redis } from '../../lib/sinks/index.ts'
import { delivery } from '../../lib/testing/contracts/sink.ts'

// Writes one batch and closes nothing: whether the process ends is up to the sink.
const url = process.argv[2]!
const table = { table: 'one_write', columns: ['n'], row: (n: number) => [n] } as const
const sink = url.startsWith('redis') ? redis(url, { commands: (n: number) => [['INCRBY', 'one_write', n]] }) : url.startsWith('mysql') ? mysql<number, readonly ['n']>(url, { ...table, row: (n) => [n] }) : postgres<number, readonly ['n']>(url, { ...table, row: (n) => [n] })
await sink.write([1], delivery(1))
await sink.write([2], delivery(2))
