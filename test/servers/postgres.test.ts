import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pool, type PoolClient } from 'pg'
import { findPostgres, startPostgres } from '../../infra/servers/postgres.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { type PostgresPool, postgres, type SqlValue } from '../../lib/adapters/index.ts'
import { sinkContract } from '../../lib/testing/contracts/sink.ts'
import { deliver, type SinkRow } from '../../lib/testing/contracts/sink-rows.ts'
import { DyingCalls } from '../adapters/dying-calls.ts'
import { keptUntilTheEnd } from '../adapters/kept.ts'
import { badNetworkLaw } from './bad-network.ts'
import { assertEnds } from './ends.ts'
import { sqlLaws } from './sql-laws.ts'

const program = findPostgres()
if (program) await tests(program)
else test('PostgreSQL', { skip: 'PostgreSQL is not installed here (Debian: apt-get install postgresql)' }, () => {})

async function tests(found: string): Promise<void> {
  const server = await startPostgres(found)
  const pool = new Pool({ connectionString: server.url, max: 10 })
  pool.on('error', () => {})
  const keep = keptUntilTheEnd(async () => {
    await pool.end()
    await server.stop()
  })
  let schemas = 0

  sinkContract('PostgreSQL', async () => {
    const schema = `s${++schemas}`
    await pool.query(
      `create schema ${schema}; create table ${schema}.rows (id text, text text, n double precision, at timestamptz)`,
    )
    const [table, fence] = [`${schema}.rows`, `${schema}.fence`]
    const open = (pool: PostgresPool) =>
      postgres(pool, {
        table,
        fence,
        columns: ['id', 'text', 'n', 'at'],
        row: ({ id, text, n, at }: SinkRow) => [id, text, n, at],
      })
    return {
      fenced: true,
      open: () => open(pool),
      dying: (n, death) => open(dyingPool(pool, new DyingCalls(n, death))),
      contents: async () => (await pool.query(`select id, text, n, at from ${schema}.rows`)).rows as SinkRow[],
    }
  })

  sqlLaws('PostgreSQL', {
    open: (options) => keep(postgres(server.url, options)),
    openCut: (at, options) => postgres(cutPool(pool, at), options),
    run: async (sql) => {
      await pool.query(sql)
    },
    read: async (sql) => (await pool.query({ text: sql, rowMode: 'array' })).rows,
    crash: () => server.crash(),
  })

  badNetworkLaw({
    name: 'PostgreSQL',
    port: server.port,
    silent: true,
    open: (port, table) =>
      postgres(server.url.replace(String(server.port), String(port)), {
        table,
        fence: `${table}_fence`,
        columns: ['n'],
        row: (n: number) => [n],
        timeoutMs: 500,
        attempts: 3,
      }),
    read: async (table) =>
      (await pool.query({ text: `select n from ${table} order by n`, rowMode: 'array' })).rows.flat() as number[],
    prepare: async (table) => {
      await pool.query(`create table ${table} (n int)`)
    },
  })

  test(
    'F61: PostgreSQL: serialisable transactions that ' + 'fail are repeated, and every addition counts once',
    async (t) => {
      await pool.query('create table ser (word text primary key, n int)')
      const serialisable = new Pool({
        connectionString: server.url,
        options: '-c default_transaction_isolation=serializable',
      })
      t.after(() => serialisable.end())
      const sinks = [0, 1, 2].map((i) =>
        postgres(serialisable, {
          table: 'ser',
          columns: ['word', 'n'],
          row: (word: string) => [word, 1],
          upsert: { key: ['word'], add: ['n'] },
          attempts: 100,
          name: `s${i}`,
        }),
      )
      for (let batch = 1; batch <= 5; batch++)
        await Promise.all(sinks.map((sink, i) => deliver(sink, batch, [['a', 'b', 'c']], { sink: `ser${i}` })))
      assert.deepEqual((await pool.query({ text: 'select word, n from ser order by word', rowMode: 'array' })).rows, [
        ['a', 15],
        ['b', 15],
        ['c', 15],
      ])
    },
  )

  test(
    'PostgreSQL: a server that nobody answers at is an ' + 'error that may be retried, without the password',
    async () => {
      const sink = keep(
        postgres('postgres://user:very-secret@127.0.0.1:1/db?sslpassword=also-secret', {
          table: 't',
          columns: ['a'],
          row: (a: number) => [a],
        }),
      )
      await assert.rejects(
        deliver(sink, 1, [[1]]),
        (error) =>
          hasCode(error, 'E_SINK_UNAVAILABLE') &&
          error.retry &&
          /127\.0\.0\.1:1/.test(error.message) &&
          !/(very|also)-secret/.test(String(error.stack) + String((error.cause as Error | undefined)?.stack)),
      )
    },
  )

  const columns: readonly [type: string, first: SqlValue, second: SqlValue][] = [
    ['date', new Date('2026-03-01T08:00:00Z'), new Date('2026-03-01T09:30:00Z')],
    ['timestamptz(0)', new Date('2026-03-01T08:00:00.100Z'), new Date('2026-03-01T08:00:00.200Z')],
    ['uuid', '0f8fad5b-d9cb-469f-a165-70867728950e', '0F8FAD5B-D9CB-469F-A165-70867728950E'],
    ['int', '01', 1],
    ['numeric(10,1)', 1.04, 1.01],
    ['real', 0.1, '0.10000000149'],
    ['char(5)', 'a', 'a  '],
  ]
  for (const [i, [type, first, second]] of columns.entries()) {
    test(`PostgreSQL: two texts that are one ${type} to the column add up, in order, among others`, async () => {
      await pool.query(`create table judged${i} (k ${type} primary key, n bigint, last text)`)
      const sink = postgres(pool, {
        table: `judged${i}`,
        columns: ['k', 'n', 'last'],
        row: ([key, last]: [SqlValue, string]) => [key, 1, last],
        upsert: { key: ['k'], add: ['n'] },
      })
      for (let batch = 1; batch <= 2; batch++)
        await deliver(
          sink,
          batch,
          [
            [
              [first, 'a'],
              [second, 'b'],
              [first, 'c'],
            ],
          ],
          { sink: `judged${i}` },
        )
      assert.deepEqual(
        (await pool.query({ text: `select n, last from judged${i}`, rowMode: 'array' })).rows.map(([n, last]) => [
          Number(n),
          last,
        ]),
        [[6, 'c']],
      )
    })
  }

  test('PostgreSQL: a server that ends every connection in between is no trouble for the next batch', async () => {
    await pool.query('create table cutoff (n int)')
    const sink = keep(postgres(server.url, { table: 'cutoff', columns: ['n'], row: (n: number) => [n] }))
    for (let batch = 1; batch <= 3; batch++) {
      await deliver(sink, batch, [[batch]], { sink: 'cutoff' })
      await pool.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = $1',
        ['client backend'],
      )
    }
    await deliver(sink, 4, [[4]], { sink: 'cutoff' })
    assert.deepEqual((await pool.query({ text: 'select n from cutoff order by n', rowMode: 'array' })).rows, [
      [1],
      [2],
      [3],
      [4],
    ])
  })

  test('PostgreSQL: a process that wrote and has nothing more to do ends by itself', async () => {
    await pool.query('create table one_write (n int)')
    await assertEnds(server.url)
    assert.deepEqual((await pool.query({ text: 'select n from one_write order by n', rowMode: 'array' })).rows, [
      [1],
      [2],
    ])
  })
}

const socketOf = (client: PoolClient): { destroy(): void } =>
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream

/** Like a pool of a process that ends at a call. */
function dyingPool(pool: Pool, calls: DyingCalls): PostgresPool {
  return wrapped(pool, (client, sql, send) => calls.call(send, () => socketOf(client).destroy()))
}

/** A pool that breaks one connection, once the server has got a statement that matches. */
function cutPool(pool: Pool, at: RegExp): PostgresPool {
  let isCut = false
  return wrapped(pool, async (client, sql, send) => {
    const answer = await send()
    if (isCut || !at.test(sql)) return answer
    isCut = true
    socketOf(client).destroy()
    throw Object.assign(new Error('Connection terminated unexpectedly'))
  })
}

type Query = ReturnType<Awaited<ReturnType<PostgresPool['connect']>>['query']>

const wrapped = (pool: Pool, around: (client: PoolClient, sql: string, send: () => Query) => Query): PostgresPool => ({
  async connect() {
    const client = await pool.connect()
    client.on('error', () => {})
    return {
      query: (sql, values) => around(client, sql, () => client.query(sql, values)),
      release: (destroy) => client.release(destroy),
    }
  },
})
