import type { Where } from '../model/errors.ts'
import { checkSettled, isPromise } from '../model/settled.ts'
import { hashBits } from '../keys/hash.ts'
import { KeyTable } from '../keys/key-table.ts'
import { ValueColumn } from '../keys/value-column.ts'
import type { Buckets } from './buckets.ts'
import { checkPair } from './check-pair.ts'
import { combineLoop } from './combine-loop.ts'
import { HashPartitioner, type Partitioner } from './partitioner.ts'

/** How values of one key become one: Spark's `Aggregator`. */
export interface Aggregator<V, C> {
  /** The combined value of one value. */
  create(value: V): C
  /** Takes one more value into a combined one. */
  merge(combined: C, value: V): C
  /** Joins two combined values. */
  mergeCombiners(a: C, b: C): C
  /** `create` is the identity and `merge` is `mergeCombiners`: the loop then calls one closure only. */
  readonly reduce?: boolean
  /**
   * `create` adds something of its own, a zero value: it counts once per key and map partition, however partitions are
   * grouped into tasks.
   */
  readonly perPartition?: boolean
}

/** The map side of a shuffle: takes records, hands out buckets. */
export interface ShuffleWriter {
  emit(record: never): void
  /** Entries held in memory: what a budget looks at. */
  readonly size: number
  finish(): Buckets
}

/** Whom a record was meant for, asked only when something is wrong with it. */
export type Reader = () => Where

const NOBODY: Reader = () => ({})

/**
 * Combines while it writes: one table entry per key, whatever the number of records. Throws `E_PAIR` and `E_KEY` at the
 * first pair of each key, and `E_ASYNC` when it is done.
 */
export function combiningWriter<V, C>(
  aggregator: Aggregator<V, C>,
  partitioner: Partitioner,
  reader: Reader = NOBODY,
): ShuffleWriter {
  const expected = lastSizes.get(aggregator.merge) ?? 0
  const table = new KeyTable(expected)
  const combined = new ValueColumn(expected)
  const emit = combineLoop(aggregator)(table, combined, (pair) => {
    if (!Array.isArray(pair) || pair.length !== 2 || pair[0] === undefined) checkPair(pair, reader())
  })
  return {
    emit,
    get size() {
      return table.size
    },
    finish: () => finishTable(aggregator, table, combined, partitioner, reader),
  }
}

/**
 * How many keys a reduction met last time: the next batch of a stream is rarely very different, and its table need not
 * grow again.
 */
const lastSizes = new WeakMap<object, number>()

function finishTable(
  aggregator: Aggregator<any, any>,
  table: KeyTable,
  combined: ValueColumn,
  partitioner: Partitioner,
  reader: Reader,
): Buckets {
  lastSizes.set(aggregator.merge, table.size)
  return splitTable(table, combined, partitioner, reader)
}

function splitTable(table: KeyTable, combined: ValueColumn, partitioner: Partitioner, reader: Reader): Buckets {
  const buckets = newBuckets(partitioner.numPartitions)
  for (const bucket of buckets) bucket.hashes = []
  const byHash = partitioner instanceof HashPartitioner ? partitioner : null
  for (let id = 0; id < table.size; id++) {
    const key = table.keyAt(id)
    const hash = table.hashAt(id)
    const target = buckets[byHash ? byHash.partitionOfHash(hash) : partitioner.getPartition(key)]
    target.keys.push(key)
    target.hashes!.push(hash | 0)
    target.values.push(reducedValue(combined.get(id), reader))
  }
  return buckets
}

/** The value, which a function has given: `E_ASYNC` for a promise. Numbers and text pass without a look. */
export function reducedValue<V>(value: V, reader: Reader): V {
  if (typeof value === 'object' && isPromise(value)) {
    const where = reader()
    checkSettled(value, where.operator ?? 'a reduction', where)
  }
  return value
}

/** Keeps every pair, in order. Throws `E_PAIR` at the first record that is none, and `E_KEY` where a key is missing. */
export function pairWriter(partitioner: Partitioner, reader: Reader = NOBODY): ShuffleWriter {
  const buckets = newBuckets(partitioner.numPartitions)
  const only = buckets.length === 1 ? buckets[0] : null
  // Who does not partition by hash may have keys that have none.
  const hashed = only === null && partitioner instanceof HashPartitioner ? hashingBuckets(buckets, partitioner) : null
  let isChecked = false
  const emit = (pair: readonly [unknown, unknown]) => {
    if (!isChecked || pair?.[0] === undefined) {
      checkPair(pair, reader())
      isChecked = true
    }
    const target = only ?? (hashed ? hashed(pair[0]) : buckets[partitioner.getPartition(pair[0])])
    target.keys.push(pair[0])
    target.values.push(pair[1])
  }
  return {
    emit,
    get size() {
      return buckets.reduce((sum, bucket) => sum + bucket.values.length, 0)
    },
    finish: () => buckets,
  }
}

/** Sends each record where `route` says; `route` is made anew per map partition. */
export function routedWriter(reducers: number, route: (record: unknown) => number): ShuffleWriter {
  const values: unknown[][] = Array.from({ length: reducers }, () => [])
  return {
    emit: (record: unknown) => {
      values[route(record)].push(record)
    },
    get size() {
      return values.reduce((sum, column) => sum + column.length, 0)
    },
    finish: () => values.map((column) => ({ keys: null, values: column })),
  }
}

interface FillingBucket {
  readonly keys: unknown[]
  readonly values: unknown[]
  hashes: number[] | null
}

const newBuckets = (count: number): FillingBucket[] =>
  Array.from({ length: count }, () => ({ keys: [], values: [], hashes: null }))

/** The bucket of a key, which then has its hash. */
function hashingBuckets(buckets: FillingBucket[], partitioner: HashPartitioner): (key: unknown) => FillingBucket {
  for (const bucket of buckets) bucket.hashes = []
  return (key) => {
    const hash = hashBits(key)
    const bucket = buckets[partitioner.partitionOfHash(hash >>> 0)]
    bucket.hashes!.push(hash)
    return bucket
  }
}
