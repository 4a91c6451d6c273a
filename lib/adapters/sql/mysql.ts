import type { OutputSink } from '../../output/sink.ts'
import { loadPeer } from '../../output/peer.ts'
import { secretsOf, shownAddress } from '../../output/secrets.ts'
import type { Dialect } from './dialect.ts'
import { fenceColumns } from './fence-table.ts'
import type { SqlOptions } from './options.ts'
import { type Server, type ServerConnection, type ServerFault, serverSink } from './server-sink.ts'

/** What is used of a pool of `mysql2/promise`. */
export interface MySqlPool {
  /** A connection, for one transaction. */
  getConnection(): Promise<MySqlConnection>
}

/** What is used of a connection of `mysql2/promise`. */
export interface MySqlConnection {
  /** Runs a prepared statement with bound values. */
  execute(sql: string, values: any): Promise<[any, any]>
  /** Runs a statement without values, as `START TRANSACTION` has to be. */
  query(sql: string): Promise<[any, any]>
  /** Gives it back. */
  release(): void
  /** Closes it. */
  destroy(): void
}

/**
 * A table in MySQL or MariaDB (InnoDB): exactly once, and a reader sees each partition whole or not at all. Give a pool
 * of `mysql2/promise`, which stays yours to end, or a URL: then a pool of up to four connections is made with the first
 * record, in strict mode and with UTC as its time zone, which does not keep the process alive. Dates are stored in UTC.
 * Throws `E_SINK_NAME` here; writing throws `E_SINK_VALUE`, `E_SINK_AHEAD`, `E_SINK_REJECTED`, `E_SINK_UNAVAILABLE` and
 * `E_SINK_PEER`.
 */
export const mysql = <T, const C extends readonly string[]>(
  pool: MySqlPool | string,
  options: SqlOptions<T, C>,
): OutputSink<T, 'exactly-once'> => serverSink(mysqlServer(pool), options)

function mysqlServer(given: MySqlPool | string): Server {
  let own: Promise<OwnPool> | null = null
  const poolOf = async (): Promise<MySqlPool> => {
    if (typeof given !== 'string') return given
    own ??= openPool(given)
    return own
  }
  return {
    ready: async () => typeof given === 'string' && loadDriver(),
    dialect: mysqlDialect,
    place: typeof given === 'string' ? shownAddress(given, { path: true }) : 'MySQL',
    secrets: typeof given === 'string' ? secretsOf(given) : [],
    connect: async () => new Connection(await (await poolOf()).getConnection()),
    faultOf,
    isRepeatedKey: () => false,
    // Less than half a kilobyte of a packet is not values.
    bytesMax: async (connection) => {
      const { rows } = await connection.run({ sql: 'select @@max_allowed_packet as bytes', values: [] })
      return Number(rows[0]!.bytes) - 1024
    },
    isMissingTable: (error) => (error as { errno?: unknown } | null)?.errno === 1146,
    async close() {
      const pool = await own
      own = null
      await pool?.end()
    },
  }
}

interface OwnPool extends MySqlPool {
  end(): Promise<void>
}

const loadDriver = () => loadPeer('mysql2', () => import('mysql2/promise'))

async function openPool(uri: string): Promise<OwnPool> {
  const { createPool } = await loadDriver()
  const pool = createPool({
    uri,
    connectionLimit: 4,
    enableKeepAlive: true,
    connectTimeout: connectMs,
    charset: 'utf8mb4',
    timezone: 'Z',
  })
  return {
    async getConnection() {
      const connection = await pool.getConnection()
      socketOf(connection)?.ref?.()
      await prepare(connection)
      return {
        execute: (sql, values) => connection.execute(sql, values),
        query: (sql) => connection.query(sql),
        release: () => {
          socketOf(connection)?.unref?.()
          connection.release()
        },
        destroy: () => connection.destroy(),
      }
    },
    end: () => pool.end(),
  }
}

const prepared = new WeakSet<object>()

/**
 * Without strict mode a server cuts what does not fit; without a time zone a `timestamp` means whatever the server's
 * clock is set to; without this isolation the locks of two new partitions get in each other's way.
 */
async function prepare(connection: {
  readonly connection: object
  query(sql: string): Promise<unknown>
}): Promise<void> {
  if (prepared.has(connection.connection)) return
  await connection.query("set session sql_mode = concat(@@sql_mode, ',STRICT_TRANS_TABLES'), time_zone = '+00:00'")
  await connection.query('set session transaction isolation level read committed')
  prepared.add(connection.connection)
}

/** A connection that waits in the pool must not keep the process alive. */
const socketOf = (connection: { readonly connection: object }): { ref?(): void; unref?(): void } | undefined =>
  (connection.connection as { stream?: { ref?(): void; unref?(): void } }).stream

class Connection implements ServerConnection {
  readonly #connection: MySqlConnection

  constructor(connection: MySqlConnection) {
    this.#connection = connection
  }

  /**
   * Prepared statements where there are values, so that these are bound by the server and never become part of a text.
   */
  async run({ sql, values }: Parameters<ServerConnection['run']>[0]): ReturnType<ServerConnection['run']> {
    const [result] =
      values.length > 0 ? await this.#connection.execute(sql, [...values]) : await this.#connection.query(sql)
    return Array.isArray(result)
      ? { rows: result, changed: 0 }
      : { rows: [], changed: Number((result as { affectedRows?: number }).affectedRows ?? 0) }
  }

  async begin(): Promise<void> {
    await this.#connection.query('start transaction')
  }
  async commit(): Promise<void> {
    await this.#connection.query('commit')
  }
  async rollback(): Promise<void> {
    await this.#connection.query('rollback')
  }

  release(state: 'clean' | 'unknown'): void {
    if (state === 'clean') this.#connection.release()
    else this.#connection.destroy()
  }
}

const quote = (name: string): string => `\`${name}\``

const mysqlDialect: Dialect = {
  name: 'MySQL',
  parametersMax: 65_535,
  repeatsKeys: true,
  quote,
  placeholder: () => '?',
  bind(value) {
    if (value instanceof Date) return value.toISOString().replace('T', ' ').replace('Z', '')
    if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    return typeof value === 'bigint' ? String(value) : value
  },
  alias: '',
  // `values(c)` and not `as new`: MariaDB knows only the former.
  upsert(key, replace, add) {
    const set = [
      ...replace.map((column) => `${quote(column)} = values(${quote(column)})`),
      ...add.map((column) => `${quote(column)} = ${quote(column)} + values(${quote(column)})`),
    ]
    return ` on duplicate key update ${(set.length === 0 ? [`${quote(key[0]!)} = ${quote(key[0]!)}`] : set).join(', ')}`
  },
  lock: ' for update',
  types: {
    text: 'text',
    key: 'varchar(255)',
    integer: 'bigint',
    real: 'double',
    boolean: 'boolean',
    bytes: 'longblob',
  },
  createFence: (table) =>
    `create table if not exists ${table} ${fenceColumns((length) => `varchar(${length})`, 'bigint')} ` +
    'engine = innodb character set utf8mb4 collate utf8mb4_bin',
  insertFence: (table, columns, values) => `insert ignore into ${table} (${columns}) values (${values})`,
}

/**
 * By number where the state is too coarse: 1213 deadlock, 1205 lock wait, 1020 changed since read, 1053 shutdown, 1040
 * too many connections, 1927 killed, 3024 timeout.
 */
function faultOf(error: unknown): ServerFault {
  const { errno, sqlState, fatal } = (error ?? {}) as { errno?: unknown; sqlState?: unknown; fatal?: unknown }
  const number = typeof errno === 'number' ? errno : 0
  if (typeof sqlState !== 'string' || sqlState.startsWith('08') || [1053, 1040, 1927, 3024].includes(number))
    return 'connection'
  if (sqlState.startsWith('40') || [1213, 1205, 1020].includes(number)) return 'collision'
  if (fatal === true) return 'statement'
  // 1366 wrong value, 3819 and 4025 check constraint, 1265 cut: of no class of their own.
  return sqlState.startsWith('22') || sqlState.startsWith('23') || [1366, 3819, 4025, 1265].includes(number)
    ? 'row'
    : 'statement'
}

const connectMs = 10_000
