import { SluiceError } from '../../../model/errors.ts'
import { badArgument, needsNumber } from '../../../lineage/bad-argument.ts'
import type { Runnable } from '../../../lineage/jobs.ts'
import { sinkOf } from '../../../lineage/node.ts'
import { type Moments, StatCounter } from '../statistics.ts'
import { everySplit, folding } from './partials.ts'

export const sum = (rdd: Runnable<number>): number =>
  everySplit(
    rdd,
    folding<number, number>(
      () => 0,
      (a, b) => {
        needsNumber(b, 'sum')
        return a + b
      },
    ),
  ).reduce((a, b) => a + b, 0)

export function stats(rdd: Runnable<number>): StatCounter {
  const parts = everySplit<Moments>(rdd, () => {
    const counter = new StatCounter()
    return {
      sink: sinkOf<number>((value) => {
        needsNumber(value, 'stats')
        counter.merge(value)
      }),
      finish: () => counter.moments(),
    }
  })
  return parts.reduce((all, part) => all.merge(StatCounter.of(part)), new StatCounter())
}

/** Even buckets between the smallest and the largest number: their edges and how many numbers are in each. */
export function evenHistogram(rdd: Runnable<number>, buckets: number): [edges: number[], counts: number[]] {
  if (!Number.isInteger(buckets) || buckets < 1)
    throw badArgument(
      `A histogram of ${buckets} buckets cannot be made.`,
      'pass 1 or more, or the edges of the buckets',
    )
  const [min, max] = rangeOf(rdd)
  const edges =
    min === max
      ? [min, min]
      : Array.from({ length: buckets + 1 }, (_, i) => (i === buckets ? max : min + (i * (max - min)) / buckets))
  return [edges, histogram(rdd, edges)]
}

function rangeOf(rdd: Runnable<number>): [min: number, max: number] {
  const ranges = everySplit(
    rdd,
    folding<number, [number, number]>(
      () => [Infinity, -Infinity],
      ([min, max], x) => [Math.min(min, x), Math.max(max, x)],
    ),
  )
  const min = ranges.reduce((least, range) => Math.min(least, range[0]), Infinity)
  const max = ranges.reduce((most, range) => Math.max(most, range[1]), -Infinity)
  if (Number.isFinite(min) && Number.isFinite(max)) return [min, max]
  throw new SluiceError('E_HISTOGRAM', 'Histogram on either an empty RDD or RDD containing +/-infinity or NaN.', {
    did: 'the action gave no result',
    spark: 'UnsupportedOperationException',
    next: ['filter the numbers first', 'pass the edges of the buckets'],
  })
}

/** Buckets hold their lower edge, and the last its upper edge too. Numbers outside, and NaN, are not counted. */
export function histogram(rdd: Runnable<number>, edges: readonly number[]): number[] {
  const rises = Array.isArray(edges) && edges.every((edge, i) => i === 0 || edges[i - 1] <= edge)
  if (!rises || edges.length < 2)
    throw badArgument(
      'Histogram edges must be at least two numbers in rising order.',
      'pass edges such as [0, 10, 100]',
    )
  const parts = everySplit(
    rdd,
    folding<number, number[]>(
      () => edges.slice(1).map(() => 0),
      (counts, x) => {
        const bucket = bucketOf(edges, x)
        if (bucket >= 0) counts[bucket]++
        return counts
      },
    ),
  )
  return parts.reduce(
    (all, counts) => all.map((n, i) => n + counts[i]),
    edges.slice(1).map(() => 0),
  )
}

function bucketOf(edges: readonly number[], x: number): number {
  const last = edges.length - 1
  if (!(x >= edges[0] && x <= edges[last])) return -1
  let [low, high] = [0, last - 1]
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (x >= edges[middle]) low = middle
    else high = middle - 1
  }
  return low
}
