import { SluiceError } from '../../../model/errors.ts'
import { badArgument, needsFlag, needsSeed } from '../../../lineage/bad-argument.ts'
import type { NewPartial, Runnable } from '../../../lineage/jobs.ts'
import { sinkOf, STOP } from '../../../lineage/node.ts'
import { type Compare, reversed } from '../../../lineage/ordering.ts'
import { Draws } from '../../../lineage/sampling.ts'
import { countsPerSplit } from './counts.ts'
import { everySplit, splitsOf } from './partials.ts'

/** The first records in partition order. Looks at one partition, then at ever more of them, until there are enough. */
export function take<T>({ node, runner }: Runnable<T>, wanted: number): T[] {
  const taken: T[] = []
  for (let scanned = 0; scanned < node.partitions && taken.length < wanted;) {
    const splits = splitsOf(Math.min(nextSplits(scanned, taken.length, wanted), node.partitions - scanned), scanned)
    for (const records of runner.runJob(node, splits, firstRecords<T>(wanted - taken.length))) {
      for (const record of records) if (taken.length < wanted) taken.push(record)
    }
    scanned += splits.length
  }
  return taken
}

const GROWTH = 4

/** Spark's rule: four times as many when nothing was found, else half as many again as seem to be needed. */
function nextSplits(scanned: number, found: number, wanted: number): number {
  if (scanned === 0) return 1
  if (found === 0) return scanned * GROWTH
  return Math.min(Math.ceil((1.5 * (wanted - found) * scanned) / found), scanned * GROWTH)
}

const firstRecords =
  <T>(wanted: number): NewPartial<T[]> =>
  () => {
    const taken: T[] = []
    const emit = (record: T): void => {
      taken.push(record)
      // oxlint-disable-next-line typescript/only-throw-error -- a signal, which needs no stack
      if (taken.length >= wanted) throw STOP
    }
    return { sink: sinkOf(emit), finish: () => taken }
  }

export function first<T>(rdd: Runnable<T>): T {
  const taken = take(rdd, 1)
  if (taken.length === 0) throw emptyCollection()
  return taken[0]
}

export const isEmpty = (rdd: Runnable<any>): boolean => take(rdd, 1).length === 0

export const emptyCollection = (): SluiceError =>
  new SluiceError('E_EMPTY_COLLECTION', 'empty collection', {
    did: 'the action gave no result',
    spark: 'UnsupportedOperationException',
    next: ['ask isEmpty() first', 'use fold, which has a zero for the empty case'],
  })

/** The `wanted` first records in the order of `compare`. */
export function takeOrdered<T>(rdd: Runnable<T>, wanted: number, compare: Compare<T>): T[] {
  if (wanted <= 0) return []
  return everySplit(rdd, smallest(wanted, compare)).flat(1).sort(compare).slice(0, wanted)
}

export const top = <T>(rdd: Runnable<T>, wanted: number, compare: Compare<T>): T[] =>
  takeOrdered(rdd, wanted, reversed(compare))

/**
 * Sorts and cuts each time twice as many are held: cheaper than a heap as long as few are wanted, and never more than n
 * log n.
 */
const smallest =
  <T>(wanted: number, compare: Compare<T>): NewPartial<T[]> =>
  () => {
    let kept: T[] = []
    const cut = (): T[] => (kept = kept.sort(compare).slice(0, wanted))
    return {
      sink: sinkOf<T>((record) => {
        if (kept.push(record) >= 2 * wanted + 64) cut()
      }),
      finish: cut,
    }
  }

/** Exactly `wanted` random records, or all where there are fewer and none may be taken twice; in random order. */
export function takeSample<T>(rdd: Runnable<T>, withReplacement: boolean, wanted: number, seed: number): T[] {
  needsFlag(withReplacement, 'takeSample', 'withReplacement')
  needsSeed(seed, 'takeSample')
  if (!(wanted >= 0)) throw badArgument(`Negative number of elements requested: ${wanted}.`, 'pass 0 or more')
  if (wanted === 0) return []
  return withReplacement ? drawnRecords(rdd, wanted, seed) : shuffledRecords(rdd, wanted, seed)
}

/** Every record gets a random place in line; the first ones are the sample. */
function shuffledRecords<T>(rdd: Runnable<T>, wanted: number, seed: number): T[] {
  type Placed = readonly [place: number, record: T]
  const byPlace = (a: Placed, b: Placed): number => a[0] - b[0]
  const parts = everySplit<Placed[]>(rdd, (split) => {
    const draws = new Draws(seed, split)
    const line = smallest(wanted, byPlace)(split)
    return { sink: sinkOf<T>((record) => line.sink.emit([draws.next(), record])), finish: () => line.finish() }
  })
  return parts
    .flat(1)
    .sort(byPlace)
    .slice(0, wanted)
    .map(([, record]) => record)
}

function drawnRecords<T>(rdd: Runnable<T>, wanted: number, seed: number): T[] {
  const counts = countsPerSplit(rdd)
  let total = 0
  const starts = counts.map((count) => (total += count) - count)
  if (total === 0) return []
  const draws = new Draws(seed, 0)
  const picks = Array.from({ length: wanted }, () => draws.below(total))
  const picked = new Set(picks)
  const found = new Map(
    everySplit<[number, T][]>(rdd, (split) => {
      let index = starts[split]
      const kept: [number, T][] = []
      return {
        sink: sinkOf<T>((record) => {
          if (picked.has(index)) kept.push([index, record])
          index++
        }),
        finish: () => kept,
      }
    }).flat(1),
  )
  return picks.map((pick) => found.get(pick)!)
}
