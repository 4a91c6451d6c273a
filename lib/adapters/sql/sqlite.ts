import { fittingTable } from './fitting-table.ts'
import { systemCode } from '../../model/system-code.ts'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { SluiceError } from '../../model/errors.ts'
import { BUNDLED, type Delivery, type OutputSink } from '../../output/sink.ts'
import { tryRepeatedly } from '../../output/retry.ts'
import { driverError } from '../../output/secrets.ts'
import type { SqlOptions } from './options.ts'
import { type Answer, type Conversation, writePartition } from './partition.ts'
import { isSqliteBusy, isSqliteRowError, sqliteDialect, sqliteFileAdvice } from './sqlite-dialect.ts'
import { newWriter, quotedTable, type Statement } from './statements.ts'
import { toEntries } from './to-entries.ts'

/**
 * A table in a SQLite file, or in a database that is open already: exactly once, and a reader sees each partition whole
 * or not at all. A file is opened with the first record, in WAL mode. Dates are stored as ISO text in UTC, booleans as
 * 0 and 1. Throws `E_SINK_NAME` here; writing throws `E_SINK_VALUE`, `E_SINK_AHEAD`, `E_SINK_REJECTED` and
 * `E_SINK_UNAVAILABLE`.
 */
export function sqlite<T, const C extends readonly string[]>(
  database: string | DatabaseSync,
  options: SqlOptions<T, C>,
): OutputSink<T, 'exactly-once'> {
  const writer = newWriter<T, C>(sqliteDialect, options)
  const fence = quotedTable(sqliteDialect, options.fence ?? 'sluice_fence')
  const name = options.name ?? (options.statements ? 'sqlite' : options.table)
  const place = typeof database === 'string' ? `The SQLite file ${database}` : 'The SQLite database'
  const skips = options.onRowError === 'skip' ? isSqliteRowError : null
  const connection = new Connection(database, fence)
  return {
    name,
    guarantee: 'exactly-once',
    address: [place.replace(/^The /, ''), ...(options.statements ? [] : [`table ${options.table}`])].join(', '),
    [BUNDLED]: true,
    async write(records, delivery) {
      const { entries, skipped } = toEntries(records, delivery, writer, options)
      await tryRepeatedly(delivery, options.attempts ?? 5, async () => {
        try {
          connection.transaction(() => {
            const refused = connection.drive(
              writePartition({ delivery, entries, writer, dialect: sqliteDialect, fence, place, skips }),
            )
            for (const { record, error } of [...skipped, ...refused]) options.onSkip?.(record, error, delivery)
          })
          return { kind: 'done', result: undefined }
        } catch (error) {
          const shown = sqliteError(error, place, delivery, fittingTable(sqliteDialect, options, entries[0]?.row))
          if (!isSqliteBusy(error)) throw shown
          return { kind: 'again', error: shown }
        }
      })
    },
    close: async () => connection.close(),
  }
}

/** Nothing here waits: between `begin` and `commit` nobody else in this process can use the connection. */
class Connection {
  readonly #given: string | DatabaseSync
  readonly #fence: string
  #open: DatabaseSync | null = null
  readonly #prepared = new Map<string, StatementSync>()

  constructor(given: string | DatabaseSync, fence: string) {
    this.#given = given
    this.#fence = fence
  }

  transaction(body: () => void): void {
    const database = this.#connected()
    database.exec('begin immediate')
    try {
      body()
      database.exec('commit')
    } catch (error) {
      if (database.isTransaction) database.exec('rollback')
      throw error
    }
  }

  drive<R>(conversation: Conversation<R>): R {
    let step = conversation.next()
    while (!step.done) step = this.#answer(conversation, step.value)
    return step.value
  }

  close(): void {
    this.#prepared.clear()
    if (typeof this.#given === 'string') this.#open?.close()
    this.#open = null
  }

  #answer<R>(conversation: Conversation<R>, statement: Statement): IteratorResult<Statement, R> {
    let answer: Answer
    try {
      answer = this.#run(statement)
    } catch (error) {
      return conversation.throw(error)
    }
    return conversation.next(answer)
  }

  #run({ sql, values }: Statement): Answer {
    const statement = this.#statement(sql)
    if (sql.startsWith('select ')) return { rows: statement.all(...(values as (string | bigint)[])), changed: 0 }
    return { rows: [], changed: Number(statement.run(...(values as (string | bigint)[])).changes) }
  }

  #statement(sql: string): StatementSync {
    const known = this.#prepared.get(sql)
    if (known) return known
    if (this.#prepared.size >= preparedMax) this.#prepared.clear()
    const statement = this.#connected().prepare(sql)
    this.#prepared.set(sql, statement)
    return statement
  }

  #connected(): DatabaseSync {
    this.#open ??= this.#connect()
    return this.#open
  }

  #connect(): DatabaseSync {
    const database = typeof this.#given === 'string' ? openFile(this.#given) : this.#given
    database.exec(sqliteDialect.createFence(this.#fence))
    return database
  }
}

function openFile(file: string): DatabaseSync {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const database = new DatabaseSync(file, { timeout: busyMs })
  database.exec('pragma journal_mode = wal')
  return database
}

function sqliteError(
  error: unknown,
  place: string,
  { sink, partition, batch }: Delivery,
  fits: readonly string[],
): unknown {
  if (error instanceof SluiceError || systemCode(error) !== 'ERR_SQLITE_ERROR') return error
  const where = { operator: sink, partition, batch }
  const did = 'nothing of the partition was written'
  if (isSqliteBusy(error))
    return driverError('E_SINK_UNAVAILABLE', place, error, [], {
      where,
      did,
      retry: true,
      next: ['end whatever keeps the file locked'],
    })
  const advice = sqliteFileAdvice(error)
  if (advice !== undefined)
    return driverError('E_SINK_UNAVAILABLE', place, error, [], { where, did, retry: true, next: [advice] })
  if ((error as { readonly errcode?: unknown }).errcode === SQLITE_ERROR)
    return driverError('E_SINK_REJECTED', place, error, [], {
      where,
      did,
      next: ['correct the table or its columns', ...fits],
    })
  return driverError('E_SINK_REJECTED', place, error, [], {
    where,
    did,
    next: ['correct the row or the table', "onRowError: 'skip' to store the other rows"],
  })
}

/** A statement that cannot be meant: a table, a column or a unique index is not there. Rows have codes of their own. */
const SQLITE_ERROR = 1

/** How long SQLite itself waits for a lock; the whole process waits with it. */
const busyMs = 500

/** Statements of the user's own may all be different. */
const preparedMax = 64
