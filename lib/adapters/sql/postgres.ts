import type { OutputSink } from '../../output/sink.ts'
import { loadPeer } from '../../output/peer.ts'
import { secretsOf, shownAddress } from '../../output/secrets.ts'
import { type Dialect, onConflict } from './dialect.ts'
import { fenceColumns } from './fence-table.ts'
import type { SqlOptions } from './options.ts'
import { type Server, type ServerConnection, type ServerFault, serverSink } from './server-sink.ts'

/** What is used of a `Pool` of the package `pg`. */
export interface PostgresPool {
  /** A client, for one transaction. */
  connect(): Promise<PostgresClient>
}

/** What is used of a client of the package `pg`. */
export interface PostgresClient {
  /** Runs a statement with bound values. */
  query(
    text: string,
    values: unknown[],
  ): Promise<{ readonly rows: any[]; readonly rowCount: number | null; readonly command: string }>
  /** Gives it back; `true` closes it. */
  release(destroy?: boolean): void
  /** Hears of a connection that broke while nobody asked anything. */
  on?(event: 'error', listener: (error: Error) => void): unknown
}

/**
 * A table in PostgreSQL: exactly once, and a reader sees each partition whole or not at all. Give a pool of the package
 * `pg`, which stays yours to end, or a URL: then a pool of up to four connections is made with the first record, which
 * does not keep the process alive. Throws `E_SINK_NAME` here; writing throws `E_SINK_VALUE`, `E_SINK_AHEAD`,
 * `E_SINK_REJECTED`, `E_SINK_UNAVAILABLE` and `E_SINK_PEER`.
 */
export const postgres = <T, const C extends readonly string[]>(
  pool: PostgresPool | string,
  options: SqlOptions<T, C>,
): OutputSink<T, 'exactly-once'> => serverSink(postgresServer(pool), options)

function postgresServer(given: PostgresPool | string): Server {
  let own: Promise<OwnPool> | null = null
  const poolOf = async (): Promise<PostgresPool> => {
    if (typeof given !== 'string') return given
    own ??= openPool(given)
    return own
  }
  return {
    ready: async () => typeof given === 'string' && loadDriver(),
    dialect: postgresDialect,
    place: typeof given === 'string' ? shownAddress(given, { path: true }) : 'PostgreSQL',
    secrets: typeof given === 'string' ? secretsOf(given) : [],
    connect: async () => new Connection(guarded(await (await poolOf()).connect())),
    faultOf,
    isRepeatedKey: (error) => stateOf(error) === '21000',
    isMissingTable: (error) => stateOf(error) === '42P01',
    async close() {
      const pool = await own
      own = null
      await pool?.end()
    },
  }
}

interface OwnPool extends PostgresPool {
  end(): Promise<void>
}

const loadDriver = () => loadPeer('pg', () => import('pg'))

async function openPool(connectionString: string): Promise<OwnPool> {
  const { default: pg } = await loadDriver()
  const pool = new pg.Pool({
    connectionString,
    max: 4,
    allowExitOnIdle: true,
    keepAlive: true,
    connectionTimeoutMillis: connectMs,
  })
  // An idle connection that breaks is replaced; without a listener it would end the process.
  pool.on('error', () => {})
  return pool
}

const guardedClients = new WeakSet<PostgresClient>()

/**
 * A connection may break between two statements. Whoever sends the next one is told; without a listener the process
 * would end before.
 */
function guarded(client: PostgresClient): PostgresClient {
  if (!guardedClients.has(client)) client.on?.('error', () => {})
  guardedClients.add(client)
  return client
}

class Connection implements ServerConnection {
  readonly #client: PostgresClient

  constructor(client: PostgresClient) {
    this.#client = client
  }

  async run({ sql, values }: Parameters<ServerConnection['run']>[0]): ReturnType<ServerConnection['run']> {
    const { rows, rowCount } = await this.#client.query(sql, [...values])
    return { rows, changed: rowCount ?? 0 }
  }

  async begin(): Promise<void> {
    await this.#client.query('begin', [])
  }

  /** A transaction that failed earlier answers "rollback" to a commit, and no error. */
  async commit(): Promise<void> {
    const { command } = await this.#client.query('commit', [])
    if (command !== 'COMMIT') throw new Error(`the server answered ${command} to a commit`)
  }

  async rollback(): Promise<void> {
    await this.#client.query('rollback', [])
  }
  release(state: 'clean' | 'unknown'): void {
    this.#client.release(state === 'unknown')
  }
}

const quote = (name: string): string => `"${name}"`

const postgresDialect: Dialect = {
  name: 'PostgreSQL',
  parametersMax: 65_535,
  // "ON CONFLICT DO UPDATE command cannot affect row a second time"
  repeatsKeys: false,
  quote,
  placeholder: (n) => `$${n}`,
  bind(value) {
    if (value instanceof Date) return value.toISOString()
    if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    return typeof value === 'bigint' ? String(value) : value
  },
  alias: ' as kept',
  upsert: (key, replace, add) => onConflict(quote, key, replace, add, 'kept.'),
  lock: ' for update',
  types: {
    text: 'text',
    key: 'text',
    integer: 'bigint',
    real: 'double precision',
    boolean: 'boolean',
    bytes: 'bytea',
  },
  createFence: (table) =>
    `create table if not exists ${table} ${fenceColumns((length) => `varchar(${length})`, 'bigint')}`,
  insertFence: (table, columns, values) =>
    `insert into ${table} (${columns}) values (${values}) on conflict do nothing`,
}

/**
 * `SQLSTATE`, by class: 40 rollback, 08 connection, 57P operator intervention, 53 resources, 22 data, 23 constraints.
 */
function faultOf(error: unknown): ServerFault {
  const state = stateOf(error)
  if (
    state === null ||
    state.startsWith('08') ||
    state.startsWith('57P') ||
    state.startsWith('53') ||
    state === '25006'
  )
    return 'connection'
  // Two processes that make the fence table at once meet in the catalogue.
  if (state.startsWith('40') || state === '55P03' || isCatalogueRace(error)) return 'collision'
  return state.startsWith('22') || state.startsWith('23') ? 'row' : 'statement'
}

/** Errors of the server have a state of five characters; those of the socket and of timeouts have none. */
function stateOf(error: unknown): string | null {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown }
  return typeof code === 'string' && code.length === 5 && severity !== undefined ? code : null
}

/** The table, or the type of its rows, was made by somebody else since this statement has looked. */
const madeMeanwhile: ReadonlySet<string | null> = new Set(['42P07', '42710'])

const isCatalogueRace = (error: unknown): boolean =>
  madeMeanwhile.has(stateOf(error)) ||
  (stateOf(error) === '23505' && (error as { schema?: unknown }).schema === 'pg_catalog')

const connectMs = 10_000
