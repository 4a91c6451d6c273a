import { DatabaseSync } from 'node:sqlite'
import { createClient } from '@redis/client'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import type { DStream } from '../../lib/index.ts'
import { files, mysql, type OutputSink, postgres, redis, sqlite, webhook } from '../../lib/adapters/index.ts'

// Nothing here runs: it compiles, or the type check fails.

declare const counts: DStream<[string, number]>
declare const lines: DStream<string>

/** Compiles when both types are the same. */
type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => {}

counts.output(
  'a',
  sqlite('counts.db', {
    table: 'counts',
    columns: ['word', 'n'],
    row: ([word, n]) => [word.trim(), n + 1],
    upsert: { key: ['word'], add: ['n'] },
  }),
)
counts.output(
  sqlite(new DatabaseSync(':memory:'), {
    statements: ([word, n]) => [{ sql: 'insert into t values (?, ?)', values: [word.trim(), n + 1] }],
  }),
)
counts.output(
  'b',
  postgres(new Pool(), {
    table: 'counts',
    columns: ['word', 'n'],
    row: ([word, n], { timeMs }) => [word.trim(), n + timeMs],
    onRowError: 'skip',
    onSkip: ([word]) => word.trim(),
  }),
)
counts.output(
  'c',
  mysql(createPool('mysql://localhost/x'), {
    table: 'counts',
    columns: ['word', 'n'],
    row: ([word, n]) => [word.trim(), n + 1],
  }),
)
counts.output('d', redis('redis://localhost', { commands: ([word, n]) => [['HINCRBY', 'counts', word.trim(), n + 1]] }))
counts.output('e', redis(createClient(), { commands: ([word, n]) => [['SET', word.trim(), n + 1]] }))
counts.output(
  'f',
  webhook('https://example.com/in', {
    body: (records, { batch }) => ({ batch, words: records.map(([word]) => word.trim()) }),
  }),
)
lines.output('g', files('out', { format: (line) => line.trim() }))
lines.output('h', files('out', { format: 'text', name: 'lines' }))

const table = sqlite('x.db', { table: 't', columns: ['a', 'b'], row: (record: { a: number }) => [record.a, null] })
same<typeof table, OutputSink<{ a: number }, 'exactly-once'>>(true)
same<typeof table.guarantee, 'exactly-once'>(true)
const hook = webhook('https://example.com')
same<typeof hook.guarantee, 'at-least-once'>(true)

// @ts-expect-error: two columns, one value
counts.output('i', sqlite('x.db', { table: 't', columns: ['word', 'n'], row: ([word]) => [word] }))
const columns = ['word', 'n'] as const
// @ts-expect-error: not one of the columns
counts.output('j', sqlite('x.db', { table: 't', columns, row: ([word, n]) => [word, n], upsert: { key: ['wrod'] } }))
// @ts-expect-error: an object is no value
counts.output('k', sqlite('x.db', { table: 't', columns: ['word'], row: ([word]) => [{ word }] }))
// @ts-expect-error: a request may arrive twice
export const once: OutputSink<string, 'exactly-once'> = webhook<string>('https://example.com')
