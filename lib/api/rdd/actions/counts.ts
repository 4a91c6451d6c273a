import { KeyTable } from '../../../keys/key-table.ts'
import { addDistinct, estimateDistinct, mergeDistinct, registersFor } from '../../../lineage/hyper-log-log.ts'
import type { NewPartial, Runnable } from '../../../lineage/jobs.ts'
import { sinkOf } from '../../../lineage/node.ts'
import { everySplit, folding, splitsOf } from './partials.ts'

/** An approximate result that is exact here: nothing is ever cut short. */
export interface BoundedNumber {
  /** The number. Spark: `BoundedDouble.mean`. */
  readonly mean: number
  /** How sure it is: 1, as the number is exact. Spark: `BoundedDouble.confidence`. */
  readonly confidence: number
  /** Its lower bound. Spark: `BoundedDouble.low`. */
  readonly low: number
  /** Its upper bound. Spark: `BoundedDouble.high`. */
  readonly high: number
}

export const exactly = (value: number): BoundedNumber => ({ mean: value, confidence: 1, low: value, high: value })

export const count = (rdd: Runnable<any>): number => everySplit(rdd, counting).reduce((sum, n) => sum + n, 0)

/** Of the first `splits` partitions. */
export const countsPerSplit = ({ node, runner }: Runnable<any>, splits = node.partitions): number[] =>
  splits <= 0 ? [] : runner.runJob(node, splitsOf(splits), counting)

const counting: NewPartial<number> = () => {
  let records = 0
  return {
    sink: {
      emit: () => {
        records++
      },
      chunk: (chunk) => {
        records += chunk.length
      },
    },
    finish: () => records,
  }
}

export const countByValue = <T>(rdd: Runnable<T>): Map<T, number> =>
  summed(
    everySplit(
      rdd,
      countingBy<T, T>((record) => record),
    ),
  )

export const countByKey = <K>(rdd: Runnable<readonly [K, unknown]>): Map<K, number> => summed(countKeysPerSplit(rdd))

export const countKeysPerSplit = <K>(rdd: Runnable<readonly [K, unknown]>): [K, number][][] =>
  everySplit(
    rdd,
    countingBy<readonly [K, unknown], K>((pair) => pair[0]),
  )

const countingBy =
  <T, K>(keyOf: (record: T) => K): NewPartial<[K, number][]> =>
  () => {
    const table = new KeyTable()
    const counts: number[] = []
    return {
      sink: sinkOf<T>((record) => {
        const id = table.upsert(keyOf(record))
        counts[id] = (counts[id] ?? 0) + 1
      }),
      finish: () => counts.map((records, id) => [table.keyAt(id) as K, records]),
    }
  }

const summed = <K>(parts: [K, number][][]): Map<K, number> => mapOfPairs(parts, (a, b) => a + b)

/** Equal keys become one entry, whatever their type; the entry holds the first of them. */
export function mapOfPairs<K, V>(
  parts: readonly (readonly (readonly [K, V])[])[],
  merge: (a: V, b: V) => V,
): Map<K, V> {
  const table = new KeyTable()
  const values: V[] = []
  for (const pairs of parts) {
    for (const [key, value] of pairs) {
      const id = table.upsert(key)
      values[id] = id in values ? merge(values[id], value) : value
    }
  }
  return new Map(values.map((value, id) => [table.keyAt(id) as K, value]))
}

export function countApproxDistinct(rdd: Runnable<any>, relativeSd: number): number {
  const all = registersFor(relativeSd)
  const sketches = everySplit(
    rdd,
    folding<unknown, Uint8Array>(() => registersFor(relativeSd), addDistinct),
  )
  return estimateDistinct(sketches.reduce(mergeDistinct, all))
}
