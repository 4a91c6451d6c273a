import { badArgument } from '../../lineage/bad-argument.ts'
import { shownOr } from '../../model/settled.ts'

/**
 * Where persisted records may live (Spark's `StorageLevel`). Levels are accepted for their names; what the engine does
 * is the same for all but NONE.
 */
export interface StorageLevel {
  /** Whether records may go to disk. Spark: `StorageLevel.useDisk`. */
  readonly useDisk: boolean
  /** Whether they may stay in memory. Spark: `StorageLevel.useMemory`. */
  readonly useMemory: boolean
  /** Whether they may stay off the heap. Spark: `StorageLevel.useOffHeap`. */
  readonly useOffHeap: boolean
  /** Whether they stay as objects. Spark: `StorageLevel.deserialized`. */
  readonly deserialized: boolean
  /** How many copies there are. Spark: `StorageLevel.replication`. */
  readonly replication: number
}

const level = (
  useDisk: boolean,
  useMemory: boolean,
  deserialized: boolean,
  replication = 1,
  useOffHeap = false,
): StorageLevel => Object.freeze({ useDisk, useMemory, useOffHeap, deserialized, replication })

export const StorageLevel = Object.freeze({
  NONE: level(false, false, false),
  DISK_ONLY: level(true, false, false),
  DISK_ONLY_2: level(true, false, false, 2),
  DISK_ONLY_3: level(true, false, false, 3),
  MEMORY_ONLY: level(false, true, true),
  MEMORY_ONLY_2: level(false, true, true, 2),
  MEMORY_ONLY_SER: level(false, true, false),
  MEMORY_ONLY_SER_2: level(false, true, false, 2),
  MEMORY_AND_DISK: level(true, true, true),
  MEMORY_AND_DISK_2: level(true, true, true, 2),
  MEMORY_AND_DISK_SER: level(true, true, false),
  MEMORY_AND_DISK_SER_2: level(true, true, false, 2),
  OFF_HEAP: level(true, true, false, 1, true),
})

export const sameLevel = (a: StorageLevel, b: StorageLevel): boolean =>
  a.useDisk === b.useDisk &&
  a.useMemory === b.useMemory &&
  a.useOffHeap === b.useOffHeap &&
  a.deserialized === b.deserialized &&
  a.replication === b.replication

/** Throws `E_ARGUMENT`. */
export function needsLevel(level: unknown): void {
  if (typeof (level as StorageLevel | null)?.useMemory === 'boolean') return
  throw badArgument(`persist was given ${shownOr(level)}, and needs a storage level.`, 'StorageLevel.MEMORY_ONLY')
}
