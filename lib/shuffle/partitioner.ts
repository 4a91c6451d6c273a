import { SluiceError, type Where } from '../model/errors.ts'
import { hashKey } from '../keys/hash.ts'
import { kindOf, shownOr } from '../model/settled.ts'
import { KEY_GROUPS, keyGroupOf, partitionOfGroup } from '../keys/key-group.ts'

/**
 * Decides which reducer owns a key (Spark's `Partitioner`). Two partitioners are equal when they send every key to the
 * same place: then a second shuffle is not needed.
 */
export interface Partitioner {
  /** How many partitions there are. Spark: `Partitioner.numPartitions`. */
  readonly numPartitions: number
  /** The partition of a key, from 0. Must depend on the key alone. Spark: `Partitioner.getPartition`. */
  getPartition(key: unknown): number
  /** Whether the other sends every key to the same place. Spark: `Partitioner.equals`. */
  equals(other: Partitioner): boolean
  /**
   * Names what decides where a key goes. State that was kept under one name is refused under another; without a name
   * any partitioner of the program's own counts as the same. Not in Spark.
   */
  readonly id?: string
}

/** State of partitioners with this id lies by key group, so that their number of partitions may change. */
export const HASH_PARTITIONER = 'hash'

/**
 * Keys hash into a fixed number of key groups, and partitions own contiguous ranges of groups. State uses the same
 * function, so changing the number of partitions moves whole groups and never a key by itself. A null key goes to
 * partition 0, as in Spark.
 */
export class HashPartitioner implements Partitioner {
  /** `hash`: state of all hash partitioners lies by key group. */
  readonly id = HASH_PARTITIONER
  /** How many partitions there are. Spark: `Partitioner.numPartitions`. */
  readonly numPartitions: number

  /** Throws `E_PARTITIONS` unless the number is whole and at least 1. Spark: `HashPartitioner`. */
  constructor(numPartitions: number, where: Where = {}) {
    this.numPartitions = checkedPartitions(numPartitions, where)
  }

  /**
   * The partition that owns the key's group. Throws `E_KEY` for what cannot be a key. Spark:
   * `Partitioner.getPartition`.
   */
  getPartition(key: unknown): number {
    return this.partitionOfHash(hashKey(key))
  }

  /** @internal The partition of a key whose hash is known. */
  partitionOfHash(hash: number): number {
    if (this.numPartitions <= KEY_GROUPS) return partitionOfGroup(keyGroupOf(hash), this.numPartitions)
    return Math.floor((hash / 2 ** 32) * this.numPartitions)
  }

  /** Whether the other is a hash partitioner with as many partitions. Spark: `HashPartitioner.equals`. */
  equals(other: Partitioner): boolean {
    return other instanceof HashPartitioner && other.numPartitions === this.numPartitions
  }
}

/** Sorted key ranges (Spark's `RangePartitioner`): partition i holds keys up to `bounds[i]`, the last one the rest. */
export class RangePartitioner implements Partitioner {
  /** One more than there are bounds. Spark: `Partitioner.numPartitions`. */
  readonly numPartitions: number
  readonly #bounds: readonly unknown[]
  readonly #compare: (a: unknown, b: unknown) => number

  /** `bounds` in rising order, as `compare` has it. Throws `E_PARTITIONS`. Spark: `RangePartitioner`. */
  constructor(bounds: readonly unknown[], compare: (a: unknown, b: unknown) => number) {
    if (!Array.isArray(bounds) || typeof compare !== 'function') throw noRanges(bounds, compare)
    this.#bounds = bounds
    this.#compare = compare
    this.numPartitions = bounds.length + 1
  }

  /** Names the bounds, so that state is not read with others. */
  get id(): string {
    return `range ${this.#bounds.map((bound) => hashKey(bound).toString(16)).join('-')}`.trimEnd()
  }

  /** The first range whose upper bound is not below the key. Spark: `Partitioner.getPartition`. */
  getPartition(key: unknown): number {
    let low = 0
    let high = this.#bounds.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(key, this.#bounds[middle]) <= 0) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Whether the other has the same bounds. Spark: `RangePartitioner.equals`. */
  equals(other: Partitioner): boolean {
    return other === this
  }
}

const noRanges = (bounds: unknown, compare: unknown): SluiceError =>
  new SluiceError('E_PARTITIONS', `RangePartitioner was given ${kindOf(bounds)} and ${kindOf(compare)}.`, {
    did: 'nothing was started',
    spark: 'IllegalArgumentException',
    next: ["new RangePartitioner(['g', 'p'], (a, b) => (a < b ? -1 : a > b ? 1 : 0))"],
  })

/** A partitioner that is given, or one for a given number. Throws `E_PARTITIONS`: any other would lose records. */
export function partitionerOf(parts: unknown, where: Where = {}): Partitioner {
  const given = parts as Partial<Partitioner> | null | undefined
  if (typeof given?.getPartition !== 'function') return new HashPartitioner(parts as number, where)
  checkedPartitions(given.numPartitions, where)
  return parts as Partitioner
}

export function checkedPartitions(count: unknown, where: Where = {}): number {
  if (typeof count === 'number' && Number.isInteger(count) && count > 0) return count
  throw new SluiceError('E_PARTITIONS', `Number of partitions (${shownOr(count)}) must be a positive whole number.`, {
    where,
    did: 'nothing was started',
    spark: 'IllegalArgumentException',
    next: ['pass 1 or more, or leave it out for the default parallelism'],
  })
}
