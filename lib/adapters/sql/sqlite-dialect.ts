import { type Dialect, onConflict } from './dialect.ts'
import { fenceColumns } from './fence-table.ts'

const quote = (name: string): string => `"${name}"`

export const sqliteDialect: Dialect = {
  name: 'SQLite',
  parametersMax: 32_766,
  repeatsKeys: true,
  quote,
  placeholder: () => '?',
  bind(value) {
    if (typeof value === 'boolean') return value ? 1n : 0n
    if (value instanceof Date) return value.toISOString()
    // A number would be bound as a real, which a text column shows as "5.0".
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value as number) : value
  },
  // An alias would stand in messages where people look for the table.
  alias: '',
  upsert: (key, replace, add) => onConflict(quote, key, replace, add, ''),
  // A writer has the whole database to itself.
  lock: '',
  types: { text: 'text', key: 'text', integer: 'integer', real: 'real', boolean: 'integer', bytes: 'blob' },
  createFence: (table) => `create table if not exists ${table} ${fenceColumns(() => 'text', 'integer')} without rowid`,
  insertFence: (table, columns, values) => `insert into ${table} (${columns}) values (${values})`,
}

/** `SQLITE_CONSTRAINT`, `SQLITE_MISMATCH` and `SQLITE_TOOBIG`: the row is at fault. */
export const isSqliteRowError = (error: unknown): boolean => [19, 20, 18].includes(primaryCode(error))

/** `SQLITE_BUSY` and `SQLITE_LOCKED`: another connection is writing. */
export const isSqliteBusy = (error: unknown): boolean => [5, 6].includes(primaryCode(error))

/**
 * What to do about the file, where that is at fault: `SQLITE_READONLY`, `SQLITE_IOERR`, `SQLITE_CORRUPT`,
 * `SQLITE_FULL`, `SQLITE_CANTOPEN` and `SQLITE_NOTADB`.
 */
export const sqliteFileAdvice = (error: unknown): string | undefined => FILE_ADVICE[primaryCode(error)]

const FILE_ADVICE: Readonly<Record<number, string>> = {
  8: 'let this process write to the file and its folder',
  10: 'look at the disk',
  11: 'restore the file from a backup',
  13: 'make room on its disk',
  14: 'make its folder, and let this process write there',
  26: 'name a file that is a database, or one that is not there yet',
}

const primaryCode = (error: unknown): number => Number((error as { errcode?: unknown } | null)?.errcode ?? 0) & 0xff
