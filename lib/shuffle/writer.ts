import { SluiceError, type Where } from '../model/errors.ts'
import { checkSettled, isPromise, kindOf } from '../model/settled.ts'
import { hashBits } from '../keys/hash.ts'
import { KeyRows } from '../keys/key-rows.ts'
import { KeyTable } from '../keys/key-table.ts'
import { RowValues } from '../keys/row-values.ts'
import type { Bucket, Buckets } from './buckets.ts'
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
  /** The records that follow are of this map partition; for a writer that serves several, and must know which. */
  begin?(split: number): void
  emit(record: never): void
  /**
   * Entries held in memory: what a budget looks at. No accessor: each that is made anew is a hidden class of its own,
   * which keeps what it closes over until the whole heap is collected.
   */
  size(): number
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
  const rows = new KeyRows(expected, 'kept')
  const table = new KeyTable(expected, rows)
  const combined = new RowValues(rows)
  const emit = combineLoop(aggregator)(table, combined, (pair) => {
    if (!Array.isArray(pair) || pair.length !== 2 || pair[0] === undefined) checkPair(pair, reader())
  })
  return {
    emit,
    size: () => table.size,
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
  combined: RowValues,
  partitioner: Partitioner,
  reader: Reader,
): Buckets {
  lastSizes.set(aggregator.merge, table.size)
  return splitTable(table, combined, partitioner, reader)
}

function splitTable(table: KeyTable, combined: RowValues, partitioner: Partitioner, reader: Reader): Buckets {
  const buckets = newBuckets(partitioner.numPartitions)
  for (const bucket of buckets) bucket.hashes = []
  const byHash = partitioner instanceof HashPartitioner ? partitioner : null
  for (let id = 0; id < table.size; id++) {
    const key = table.keyAt(id)
    const hash = table.hashAt(id)
    const target = byHash ? buckets[byHash.partitionOfHash(hash)] : bucketOf(buckets, partitioner, key, reader)
    target.keys.push(key)
    target.hashes!.push(hash | 0)
    target.values.push(reducedValue(combined.get(id), reader))
  }
  return buckets
}

/** Where a partitioner of the program's own sends a key. Throws `E_ASYNC` and `E_PARTITIONS`. */
function bucketOf<B>(buckets: readonly B[], partitioner: Partitioner, key: unknown, reader: Reader): B {
  const target: unknown = partitioner.getPartition(key)
  const bucket = typeof target === 'number' ? buckets[target] : undefined
  if (bucket !== undefined) return bucket
  checkSettled(target, 'a partitioner', reader())
  const shown = typeof target === 'number' ? String(target) : `a value of type ${typeof target}`
  throw new SluiceError('E_PARTITIONS', `A partitioner of ${buckets.length} partitions sends a key to ${shown}.`, {
    where: reader(),
    did: 'nothing of the partition was used',
    next: [`give getPartition a whole number from 0 to ${buckets.length - 1} for every key`],
  })
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
    const target = only ?? (hashed ? hashed(pair[0]) : bucketOf(buckets, partitioner, pair[0], reader))
    target.keys.push(pair[0])
    target.values.push(pair[1])
  }
  return {
    emit,
    size: () => buckets.reduce((sum, bucket) => sum + bucket.values.length, 0),
    finish: () => buckets,
  }
}

/** Sends the records of each map partition to the reducer of its own number. One serves all partitions of a task. */
export function passingWriter(reducers: number): ShuffleWriter {
  let at = 0
  const writer = routedWriter(reducers, () => at)
  return Object.assign(writer, { begin: (split: number): void => void (at = split) })
}

/** Sends each record where `route` says; `route` is made anew per map partition. */
export function routedWriter(reducers: number, route: (record: unknown) => number): ShuffleWriter {
  // Of thousands of reducers a map partition may have records for few, and there is a writer for each map partition.
  const buckets: (RoutedBucket | typeof NO_RECORDS)[] = Array.from({ length: reducers }, () => NO_RECORDS)
  let size = 0
  return {
    emit: (record: unknown) => {
      size++
      const at = route(record)
      const bucket = buckets[at]
      if (bucket === NO_RECORDS) buckets[at] = { keys: null, values: [record] }
      else (bucket as RoutedBucket).values.push(record)
    },
    size: () => size,
    finish: () => buckets,
  }
}

interface RoutedBucket {
  readonly keys: null
  readonly values: unknown[]
}

const NO_RECORDS: Bucket = { keys: null, values: [] }

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

/** Adds one pair to a table of combined values. */
type Emit = (pair: readonly [unknown, any]) => void
/** `fresh` looks at the first pair of each key, so that a loop over many pairs of few keys pays nothing. */
type Loop = (table: KeyTable, combined: RowValues, fresh: (pair: unknown) => void) => Emit

/**
 * By the closure that merges, then by the one that begins; reductions begin with the value itself, and share a loop.
 */
const loops = new WeakMap<object, WeakMap<object, Loop>>()
const REDUCES = {}

/**
 * The innermost step of a reduction, one function per user closure: where several reductions of a process shared it,
 * the call of the closure inside would see them all, and would no longer be inlined.
 */
function combineLoop({ create, merge, reduce }: Aggregator<any, any>): Loop {
  let byCreate = loops.get(merge)
  if (!byCreate) loops.set(merge, (byCreate = new WeakMap()))
  const first = reduce ? REDUCES : create
  let loop = byCreate.get(first)
  if (!loop) byCreate.set(first, (loop = generated(create, merge, reduce ?? false) ?? composed(create, merge)))
  return loop
}

/** Made of fixed text only. */
function generated(create: unknown, merge: unknown, reduce: boolean): Loop | null {
  const first = reduce ? 'pair[1]' : 'create(pair[1])'
  const text = `return function(table,combined,fresh){return function(pair){
    if(pair==null)fresh(pair);const known=table.size;const id=table.upsert(pair[0]);
    if(id===known){fresh(pair);combined.set(id,${first})}
    else combined.set(id,merge(combined.get(id),pair[1]))}}`
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- the text holds nothing of the user's
    return new Function('create', 'merge', text)(create, merge) as Loop
  } catch (error) {
    if (error instanceof EvalError) return null // code generation is switched off in this process
    throw error
  }
}

const composed =
  (create: (value: unknown) => unknown, merge: (combined: unknown, value: unknown) => unknown): Loop =>
  (table, combined, fresh) =>
  (pair) => {
    if ((pair as unknown) === null || pair === undefined) fresh(pair)
    const known = table.size
    const id = table.upsert(pair[0])
    if (id === known) fresh(pair)
    combined.set(id, id === known ? create(pair[1]) : merge(combined.get(id), pair[1]))
  }

/** Throws `E_PAIR` for a record that is no `[key, value]`, and `E_KEY` for a pair whose key is `undefined`. */
export function checkPair(record: unknown, where: Where): void {
  if (!Array.isArray(record) || record.length !== 2)
    throw new SluiceError('E_PAIR', `A record is ${kindOf(record)}, and this operator needs pairs: [key, value].`, {
      where,
      did: 'the batch was not committed',
      next: ['make pairs first: map((record) => [keyOf(record), record])'],
    })
  if (record[0] !== undefined) return
  throw new SluiceError('E_KEY', 'The key of a pair is undefined.', {
    where,
    did: 'the batch was not committed',
    next: ['use null where there is no key', 'see whether the property that the key is taken from is spelt right'],
  })
}
