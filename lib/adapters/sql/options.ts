import type { Delivery } from '../../output/sink.ts'
import type { SqlValue } from './value.ts'

/** One statement with its values, which are bound and never become part of the text. */
export interface SqlStatement {
  /** The text, with the placeholders of the database. */
  readonly sql: string
  /** What is bound, in order. */
  readonly values: readonly SqlValue[]
}

/** What all SQL sinks take. */
export interface SqlSinkOptions<T> {
  /** Shown in the graph and in errors; the table by default. */
  readonly name?: string
  /**
   * The table with the last batch of each partition, made when it is missing (default `sluice_fence`). It must be in
   * the same database.
   */
  readonly fence?: string
  /**
   * What becomes of a partition with a row that the database refuses: nothing of it is stored (default), or all but
   * that row.
   */
  readonly onRowError?: 'fail' | 'skip'
  /**
   * Hears of every row left out, before the others are committed; may hear of it again when the partition is delivered
   * again.
   */
  readonly onSkip?: (record: T, error: unknown, delivery: Delivery) => void
  /** How often a partition is tried when connections break or transactions collide (default 5). */
  readonly attempts?: number
  /** How long one attempt at a server may take, in ms (default 120 000). A connection that takes longer is given up. */
  readonly timeoutMs?: number
}

/** Each record is a row. */
export interface SqlRows<T, C extends readonly string[]> extends SqlSinkOptions<T> {
  /** `table` or `schema.table`. */
  readonly table: string
  /** The columns that `row` gives values for. */
  readonly columns: C
  /** The values of one record, in the order of `columns`. Must depend on its arguments alone. */
  readonly row: (record: T, delivery: Delivery) => { readonly [I in keyof C]: SqlValue }
  /**
   * What to do with a row whose `key` is there already: its other columns replace the stored ones, or are added to them
   * where `add` lists them. Needs a unique index over `key`. Without `upsert` such a row is refused.
   */
  readonly upsert?: { readonly key: readonly NoInfer<C>[number][]; readonly add?: readonly NoInfer<C>[number][] }
  /** How many rows go in one statement at most (default 512). All of a partition is one transaction in any case. */
  readonly batchRows?: number
  /** Not together with `row`. */
  readonly statements?: undefined
}

/** Each record is some statements of your own, run in order within the partition's transaction. */
export interface SqlStatements<T> extends SqlSinkOptions<T> {
  /** The statements for one record. Must depend on its arguments alone. */
  readonly statements: (record: T, delivery: Delivery) => readonly SqlStatement[]
  /** Not together with `statements`. */
  readonly row?: undefined
}

/** What the SQL sinks take: rows of a table, or statements of your own. */
export type SqlOptions<T, C extends readonly string[]> = SqlRows<T, C> | SqlStatements<T>
