import { hashBits } from '../keys/hash.ts'
import { KeyTable } from '../keys/key-table.ts'
import { ValueColumn } from '../keys/value-column.ts'
import type { ShuffleInput } from './buckets.ts'
import { type Aggregator, type Reader, reducedValue } from './writer.ts'

/** One map task has combined everything: nothing is left to merge. */
export const isMerged = (input: ShuffleInput, { perPartition }: Aggregator<any, any>): boolean =>
  input.length === 1 && !perPartition

/**
 * The reduce side of a combining shuffle. One map task that shares its table has combined already: nothing is left to
 * merge.
 */
export function mergedPairs<C>(
  input: ShuffleInput,
  aggregator: Aggregator<never, C>,
  reader: Reader = () => ({}),
): [unknown, C][] {
  if (isMerged(input, aggregator)) return zipColumns<C>(input[0].keys!, input[0].values)
  return aggregate<C, C>(input, (value) => value, aggregator.mergeCombiners, reader)
}

/** The reduce side without map-side combine. */
export const aggregatedPairs = <V, C>(
  input: ShuffleInput,
  aggregator: Aggregator<V, C>,
  reader: Reader = () => ({}),
): [unknown, C][] => aggregate<V, C>(input, aggregator.create, aggregator.merge, reader)

function aggregate<V, C>(
  input: ShuffleInput,
  create: (value: V) => C,
  merge: (combined: C, value: V) => C,
  reader: Reader,
): [unknown, C][] {
  const table = new KeyTable()
  const combined = new ValueColumn()
  for (const { keys, values, hashes } of input) {
    for (let i = 0; i < values.length; i++) {
      const known = table.size
      const id = table.upsertHashed(keys![i], hashes ? hashes[i] : hashBits(keys![i]))
      combined.set(id, id === known ? create(values[i] as V) : merge(combined.get(id) as C, values[i] as V))
    }
  }
  const pairs: [unknown, C][] = new Array(table.size)
  for (let id = 0; id < table.size; id++) pairs[id] = [table.keyAt(id), reducedValue(combined.get(id) as C, reader)]
  return pairs
}

function zipColumns<V>(keys: readonly unknown[], values: readonly unknown[]): [unknown, V][] {
  const pairs: [unknown, V][] = new Array(keys.length)
  for (let i = 0; i < keys.length; i++) pairs[i] = [keys[i], values[i] as V]
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
