import { hashBits } from '../keys/hash.ts'
import { KeyRows } from '../keys/key-rows.ts'
import { KeyTable } from '../keys/key-table.ts'
import { RowValues } from '../keys/row-values.ts'
import type { Bucket, ShuffleInput } from './buckets.ts'
import { type Aggregator, type Reader, reducedValue } from './writer.ts'

/**
 * The reduce side of a combining shuffle, as one bucket. One map task that shares its table has combined already:
 * nothing is left to merge.
 */
export function merged<C>(input: ShuffleInput, aggregator: Aggregator<never, C>, reader: Reader = () => ({})): Bucket {
  if (input.length === 1 && !aggregator.perPartition) return input[0]
  return aggregate<C, C>(input, (value) => value, aggregator.mergeCombiners, reader)
}

/** The reduce side without map-side combine. */
export const aggregated = <V, C>(
  input: ShuffleInput,
  aggregator: Aggregator<V, C>,
  reader: Reader = () => ({}),
): Bucket => aggregate<V, C>(input, aggregator.create, aggregator.merge, reader)

function aggregate<V, C>(
  input: ShuffleInput,
  create: (value: V) => C,
  merge: (combined: C, value: V) => C,
  reader: Reader,
): Bucket {
  const expected = input.reduce((most, { values }) => Math.max(most, values.length), 0)
  const rows = new KeyRows(expected, 'kept')
  const table = new KeyTable(expected, rows)
  const combined = new RowValues(rows)
  for (const { keys, values, hashes } of input) {
    for (let i = 0; i < values.length; i++) {
      const known = table.size
      const id = table.upsertHashed(keys![i], hashes ? hashes[i] : hashBits(keys![i]))
      combined.set(id, id === known ? create(values[i] as V) : merge(combined.get(id) as C, values[i] as V))
    }
  }
  return bucketOf(table, combined, reader)
}

function bucketOf(table: KeyTable, combined: RowValues, reader: Reader): Bucket {
  const { size } = table
  const keys: unknown[] = new Array(size)
  const values: unknown[] = new Array(size)
  const hashes: number[] = new Array(size)
  for (let id = 0; id < size; id++) {
    keys[id] = table.keyAt(id)
    values[id] = reducedValue(combined.get(id), reader)
    hashes[id] = table.hashAt(id) | 0
  }
  return { keys, values, hashes }
}

/** A bucket with keys, pair by pair. */
export function pairsOf<V>({ keys, values }: Bucket): [unknown, V][] {
  const pairs: [unknown, V][] = new Array(values.length)
  for (let i = 0; i < values.length; i++) pairs[i] = [keys![i], values[i] as V]
  return pairs
}

/** The values of each key, in order of arrival. */
export function valuesByKey(input: ShuffleInput): { of(key: unknown): readonly unknown[] } {
  const table = new KeyTable()
  const byId: unknown[][] = []
  for (const { keys, values } of input)
    for (let i = 0; i < values.length; i++) {
      const known = table.size
      const id = table.upsert(keys![i])
      if (id === known) byId.push([values[i]])
      else byId[id].push(values[i])
    }
  return { of: (key) => byId[table.upsert(key)] ?? [] }
}
