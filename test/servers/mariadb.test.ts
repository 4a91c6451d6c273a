import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPool, type Pool, type PoolConnection } from 'mysql2/promise'
import { findMariaDb, startMariaDb } from '../../infra/servers/mariadb.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { type MySqlPool, mysql } from '../../lib/adapters/index.ts'
import { sinkContract } from '../../lib/testing/contracts/sink.ts'
import { deliver, type SinkRow } from '../../lib/testing/contracts/sink-rows.ts'
import { DyingCalls } from '../adapters/dying-calls.ts'
import { keptUntilTheEnd } from '../adapters/kept.ts'
import { badNetworkLaw } from './bad-network.ts'
import { assertEnds } from './ends.ts'
import { sqlLaws } from './sql-laws.ts'

const program = findMariaDb()
if (program) await tests(program)
else test('MariaDB', { skip: 'MariaDB is not installed here (Debian: apt-get install mariadb-server)' }, () => {})

async function tests(found: string): Promise<void> {
  const server = await startMariaDb(found)
  const pool = createPool({ uri: server.url, connectionLimit: 10, timezone: 'Z', charset: 'utf8mb4' })
  const keep = keptUntilTheEnd(async () => {
    await pool.end()
    await server.stop()
  })
  let tables = 0

  sinkContract('MariaDB', async () => {
    const table = `rows${++tables}`
    await pool.query(
      `create table ${table} (id varchar(100), text longtext, n double, at datetime(3)) character set utf8mb4`,
    )
    const fence = `fence${tables}`
    const open = (pool: MySqlPool) =>
      mysql(pool, {
        table,
        fence,
        columns: ['id', 'text', 'n', 'at'],
        row: ({ id, text, n, at }: SinkRow) => [id, text, n, at],
      })
    return {
      fenced: true,
      open: () => open(pool),
      dying: (n, death) => open(dyingPool(pool, new DyingCalls(n, death))),
      contents: async () => (await pool.query(`select id, text, n, at from ${table}`))[0] as SinkRow[],
    }
  })

  sqlLaws('MariaDB', {
    open: (options) => keep(mysql(server.url, options)),
    openCut: (at, options) => mysql(cutPool(pool, at), options),
    run: async (sql) => {
      await pool.query(sql)
    },
    read: async (sql) => (await pool.query({ sql, rowsAsArray: true }))[0] as unknown[][],
    crash: () => server.crash(),
  })

  badNetworkLaw({
    name: 'MariaDB',
    port: server.port,
    silent: true,
    open: (port, table) =>
      mysql(server.url.replace(String(server.port), String(port)), {
        table,
        fence: `${table}_fence`,
        columns: ['n'],
        row: (n: number) => [n],
        timeoutMs: 500,
        attempts: 3,
      }),
    read: async (table) =>
      (
        (await pool.query({ sql: `select n from ${table} order by n`, rowsAsArray: true }))[0] as unknown as number[][]
      ).flat(),
    prepare: async (table) => {
      await pool.query(`create table ${table} (n int)`)
    },
  })

  test(
    'MariaDB: a value that would be cut is an error on connections of the sink, whatever the server is ' + 'set to',
    async (t) => {
      await pool.query("set global sql_mode = ''")
      t.after(() => pool.query("set global sql_mode = 'STRICT_TRANS_TABLES'"))
      await pool.query('create table narrow (word varchar(3))')
      const sink = keep(mysql(server.url, { table: 'narrow', columns: ['word'], row: (word: string) => [word] }))
      await assert.rejects(deliver(sink, 1, [['four']], { sink: 'narrow' }), (error) =>
        hasCode(error, 'E_SINK_REJECTED'),
      )
      await deliver(sink, 1, [['six']], { sink: 'narrow' })
      assert.deepEqual((await pool.query({ sql: 'select word from narrow', rowsAsArray: true }))[0], [['six']])
    },
  )

  test('MariaDB: rows go in statements that the server takes, whatever their size', async () => {
    await pool.query('create table docs09 (id int primary key, doc longtext)')
    const sink = keep(
      mysql(server.url, { table: 'docs09', columns: ['id', 'doc'], row: (id: number) => [id, 'x'.repeat(60_000)] }),
    )
    await deliver(sink, 1, [Array.from({ length: 512 }, (_, i) => i)], { sink: 'docs' })
    const [rows] = await pool.query('select count(*) as n, min(length(doc)) as bytes from docs09')
    assert.deepEqual(rows, [{ n: 512, bytes: 60_000 }])
  })

  test('MariaDB: one row larger than the server takes is a bad row: refused, or left out', async () => {
    await pool.query('create table large09 (id int primary key, doc longtext)')
    const skipped: unknown[] = []
    const options = {
      table: 'large09',
      columns: ['id', 'doc'],
      row: (bytes: number): [number, string] => [bytes, 'x'.repeat(bytes)],
    } as const
    const records = [10, 20 * 2 ** 20, 30]
    const failing = keep(mysql(server.url, { ...options }))
    await assert.rejects(deliver(failing, 1, [records], { sink: 'large' }), (error) => hasCode(error, 'E_SINK_VALUE'))
    const skipping = keep(
      mysql(server.url, { ...options, onRowError: 'skip', onSkip: (record: number) => void skipped.push(record) }),
    )
    await deliver(skipping, 1, [records], { sink: 'large' })
    const [rows] = await pool.query('select id from large09 order by id')
    assert.deepEqual([rows, skipped], [[{ id: 10 }, { id: 30 }], [20 * 2 ** 20]])
  })

  test('MariaDB: a wrong password is an error that does not show it', async () => {
    const sink = keep(
      mysql(server.url.replace('hidden-word', 'other-hidden-word'), {
        table: 't',
        columns: ['a'],
        row: (a: number) => [a],
      }),
    )
    await assert.rejects(
      deliver(sink, 1, [[1]]),
      (error) =>
        hasCode(error, 'E_SINK_REJECTED') &&
        !/hidden/.test(error.message + String((error.cause as Error | undefined)?.stack)),
    )
  })

  test('MariaDB: connections that the server ends in between are replaced', async () => {
    await pool.query('create table cutoff (n int)')
    const sink = keep(mysql(server.url, { table: 'cutoff', columns: ['n'], row: (n: number) => [n] }))
    for (let batch = 1; batch <= 3; batch++) {
      await deliver(sink, batch, [[batch]], { sink: 'cutoff' })
      const [[me]] = (await pool.query({ sql: 'select connection_id()', rowsAsArray: true })) as unknown as number[][][]
      const [others] = (await pool.query(
        { sql: 'select id from information_schema.processlist where user = ?', rowsAsArray: true },
        ['sluice'],
      )) as unknown as number[][][]
      for (const [id] of others) if (id !== me[0]) await pool.query(`kill ${id}`).catch(() => {})
    }
    await deliver(sink, 4, [[4]], { sink: 'cutoff' })
    assert.deepEqual((await pool.query({ sql: 'select n from cutoff order by n', rowsAsArray: true }))[0], [
      [1],
      [2],
      [3],
      [4],
    ])
  })

  test('MariaDB: a process that wrote and has nothing more to do ends by itself', async () => {
    await pool.query('create table one_write (n int)')
    await assertEnds(server.url)
    assert.deepEqual((await pool.query({ sql: 'select n from one_write order by n', rowsAsArray: true }))[0], [
      [1],
      [2],
    ])
  })
}

const socketOf = (connection: PoolConnection): { destroy(): void } =>
  (connection.connection as unknown as { stream: { destroy(): void } }).stream

/** Like a pool of a process that ends at a call. */
function dyingPool(pool: Pool, calls: DyingCalls): MySqlPool {
  return wrapped(pool, (connection, sql, send) => calls.call(send, () => socketOf(connection).destroy()))
}

/** A pool that breaks one connection, once the server has got a statement that matches. */
function cutPool(pool: Pool, at: RegExp): MySqlPool {
  let isCut = false
  return wrapped(pool, async (connection, sql, send) => {
    const answer = await send()
    if (isCut || !at.test(sql)) return answer
    isCut = true
    socketOf(connection).destroy()
    throw new Error('Connection lost')
  })
}

type Answer = Promise<[any, any]>

const wrapped = (
  pool: Pool,
  around: (connection: PoolConnection, sql: string, send: () => Answer) => Answer,
): MySqlPool => ({
  async getConnection() {
    const connection = await pool.getConnection()
    connection.on('error', () => {})
    return {
      execute: (sql, values) => around(connection, sql, () => connection.execute(sql, values)),
      query: (sql) => around(connection, sql, () => connection.query(sql)),
      release: () => connection.release(),
      destroy: () => connection.destroy(),
    }
  },
})
