import { encodeBlock } from '../codec/block.ts'
import { type Column, Tuples } from '../codec/column.ts'
import { plainPairs, plainRows, type PlainRows } from '../codec/plain-rows.ts'
import { pairsOf } from '../shuffle/reader.ts'
import type { Sink } from './node.ts'

/** Pairs taken apart: keys, values and, where the way here has made them, hashes. */
export interface PairColumns {
  readonly keys: readonly unknown[]
  readonly values: readonly unknown[]
  readonly hashes: readonly number[] | null
}

/** The records of a partition: as they are, or pairs that nobody has put together yet. */
export type Kept<T> =
  | { readonly kind: 'records'; readonly records: readonly T[] }
  | ({ readonly kind: 'pairs' } & PairColumns)

/** Keeps all records. Pairs that come as columns stay so, as long as nothing else comes. */
export class KeptSink<T> implements Sink<T> {
  #records: T[] = []
  #pairs: PairColumns | null = null

  readonly emit = (record: T): void => {
    if (this.#pairs) this.#putTogether()
    this.#records.push(record)
  }

  chunk(records: readonly T[]): void {
    if (this.#pairs) this.#putTogether()
    if (this.#records.length === 0) this.#records = records.slice()
    else for (let i = 0; i < records.length; i++) this.#records.push(records[i])
  }

  columns(keys: readonly unknown[], values: readonly unknown[], hashes: readonly number[] | null): void {
    if (this.#pairs || this.#records.length > 0) this.chunk(pairsOf({ keys, values }) as T[])
    else this.#pairs = { keys, values, hashes }
  }

  kept(): Kept<T> {
    return this.#pairs ? { kind: 'pairs', ...this.#pairs } : { kind: 'records', records: this.#records }
  }

  #putTogether(): void {
    this.#records = pairsOf(this.#pairs!) as T[]
    this.#pairs = null
  }
}

/** Hands pairs on as columns where the sink takes them so. The arrays are not the caller's any more. */
export function emitPairs(sink: Sink<any>, { keys, values, hashes }: PairColumns): void {
  if (sink.columns) sink.columns(keys, values, hashes)
  else sink.chunk(pairsOf({ keys, values }))
}

/** As records, made anew for each caller where they are kept as columns. */
export const recordsIn = <T>(kept: Kept<T>): readonly T[] =>
  kept.kind === 'records' ? kept.records : (pairsOf(kept) as T[])

export const countOf = (kept: Kept<unknown>): number =>
  kept.kind === 'records' ? kept.records.length : kept.values.length

/** `null` unless all of them are of plain values, of which copies can be made at any time. */
export const plainOf = (kept: Kept<unknown>): PlainRows | null =>
  kept.kind === 'pairs' ? plainPairs(kept.keys, kept.values) : plainRows(kept.records)

/** A block with the records in section 0; `what` names it in errors. */
export const encodeKept = (kept: Kept<unknown>, what: string): Uint8Array =>
  encodeSection(kept.kind === 'pairs' ? new Tuples([kept.keys, kept.values]) : kept.records, countOf(kept), what)

export const encodeRecords = (records: readonly unknown[], what: string): Uint8Array =>
  encodeSection(records, records.length, what)

const encodeSection = (column: Column, count: number, what: string): Uint8Array =>
  encodeBlock([{ section: 0, columns: [column], count }], what)
