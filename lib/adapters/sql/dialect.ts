import type { SqlValue } from './value.ts'

/** What a driver takes in place of a placeholder. */
export type Bound = string | number | bigint | null | Uint8Array | boolean

/** Where the databases differ. Names are checked before they are quoted, and values are always bound. */
export interface Dialect {
  readonly name: string
  /** How many values one statement may bind. */
  readonly parametersMax: number
  /** Whether an upsert may meet one key twice in one statement. */
  readonly repeatsKeys: boolean
  quote(name: string): string
  /** The placeholder of the n-th value, from 1. */
  placeholder(n: number): string
  bind(value: SqlValue): Bound
  /** What follows the table of an upsert. */
  readonly alias: string
  /**
   * What follows `insert … values …` so that a row whose key is there replaces the columns of `replace` and adds to
   * those of `add`.
   */
  upsert(key: readonly string[], replace: readonly string[], add: readonly string[]): string
  /** What follows a `select` that keeps others from the row until the end of the transaction. */
  readonly lock: string
  /** Types of columns that take values of a kind; `key`: text that an index takes. */
  readonly types: Readonly<Record<'text' | 'key' | 'integer' | 'real' | 'boolean' | 'bytes', string>>
  createFence(table: string): string
  /** An `insert` of a fence row that somebody else may just have inserted. */
  insertFence(table: string, columns: string, values: string): string
}

/** An upsert as SQLite and PostgreSQL write it; `there` is put before the columns of the row that is there. */
export function onConflict(
  quote: (name: string) => string,
  key: readonly string[],
  replace: readonly string[],
  add: readonly string[],
  there: string,
): string {
  const set = [
    ...replace.map((column) => `${quote(column)} = excluded.${quote(column)}`),
    ...add.map((column) => `${quote(column)} = ${there}${quote(column)} + excluded.${quote(column)}`),
  ]
  return (
    ` on conflict (${key.map(quote).join(', ')}) do ` +
    `${set.length === 0 ? 'nothing' : `update set ${set.join(', ')}`}`
  )
}
