import { type DStream, seconds } from '../../../lib/index.ts'
import type { Dice } from '../../support/dice.ts'
import { grouped, recordsIn, reduced, valueOf, valuesOf, windows, type WindowShape } from '../../support/oracle.ts'
import { type Law, law } from '../../support/law.ts'
import type { Batch } from '../../support/run.ts'
import { stateLaws } from './state-laws.ts'

const add = (a: number, b: number): number => a + b
const subtract = (a: number, b: number): number => a - b
const each = <T>(batches: readonly Batch<T>[], f: (records: readonly T[]) => readonly unknown[]) =>
  batches.map((batch) => (batch ? f(batch) : undefined))
const rising = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b)
const sortedValues = ([key, values]: readonly [unknown, number[]]): [unknown, number[]] => [key, rising(values)]
const sortValues = (stream: DStream<any>): DStream<any> => stream.mapValues(rising)

/** An object as a value: how many, and how much. */
interface Tally {
  readonly n: number
  readonly sum: number
}
const addTally = (a: Tally, b: Tally): Tally => ({ n: a.n + b.n, sum: a.sum + b.sum })
const subtractTally = (a: Tally, b: Tally): Tally => ({ n: a.n - b.n, sum: a.sum - b.sum })

const shape = (dice: Dice): WindowShape => ({ length: dice.between(1, 6), slide: dice.between(1, 5) })
const lengthAndSlide = ({ length, slide }: WindowShape) => [seconds(length), seconds(slide)] as const

export const statelessLaws: readonly Law[] = [
  law('reduceByKey sums the values of each key of the batch', (dice, count) => {
    const batches = dice.pairs(count, { gaps: true })
    return {
      batches,
      build: (input) => input().reduceByKey(add),
      expected: each(batches, (pairs) => reduced(pairs, add)),
    }
  }),
  law('reduceByKey keeps objects as values, the largest first-come one of each key', (dice, count) => {
    const batches = dice.batches(count, (): [unknown, Tally] => [dice.key(), { n: 1, sum: dice.value() }])
    return {
      batches,
      build: (input) => input().reduceByKey(addTally),
      expected: each(batches, (pairs) => reduced(pairs, addTally)),
    }
  }),
  law('groupByKey gives every value of a key', (dice, count) => {
    const batches = dice.pairs(count, { gaps: true })
    return {
      batches,
      build: (input) => sortValues(input().groupByKey()),
      expected: each(batches, (pairs) => grouped(pairs).map(sortedValues)),
    }
  }),
  law('countByValue counts equal records, also pairs and objects', (dice, count) => {
    const batches = dice.batches(count, () => [dice.key(), dice.below(2)], { gaps: true })
    return {
      batches,
      build: (input) => input().countByValue(),
      expected: each(batches, (records) =>
        grouped(records.map((record) => [record, 1] as const)).map(([key, ones]) => [key, ones.length]),
      ),
    }
  }),
  law('count is one number per batch, 0 for an empty one, and reduce one record or none', (dice, count) => {
    const batches = dice.batches(count, dice.value)
    return {
      batches,
      build: (input) => ({ count: input().count(), reduce: input().reduce(add) }),
      expected: {
        count: each(batches, (records) => [records.length]),
        reduce: each(batches, (records) => (records.length > 0 ? [records.reduce(add)] : [])),
      },
    }
  }),
  law('joins pair the values of both sides, key by key and batch by batch', (dice, count) => {
    const batches = { left: dice.pairs(count), right: dice.pairs(count) }
    const sides = batches.left.map((left, i) => {
      const keys = grouped<number>([...left!, ...batches.right[i]!]).map(([key]) => key)
      return keys.map((key) => ({ key, vs: valuesOf(left!, key), ws: valuesOf(batches.right[i]!, key) }))
    })
    const joined = (outerLeft: boolean, outerRight: boolean) =>
      sides.map((keys) =>
        keys.flatMap(({ key, vs, ws }) =>
          cross(orMissing(vs, outerRight), orMissing(ws, outerLeft)).map((pair) => [key, pair]),
        ),
      )
    return {
      batches,
      build: (input) => {
        const [left, right] = [input('left'), input('right')]
        return {
          join: left.join(right),
          left: left.leftOuterJoin(right),
          right: left.rightOuterJoin(right),
          full: left.fullOuterJoin(right),
          cogroup: left.cogroup(right).mapValues(([vs, ws]: any) => [rising(vs), rising(ws)]),
        }
      },
      expected: {
        join: joined(false, false),
        left: joined(true, false),
        right: joined(false, true),
        full: joined(true, true),
        cogroup: sides.map((keys) => keys.map(({ key, vs, ws }) => [key, [rising(vs), rising(ws)]])),
      },
    }
  }),
]

const orMissing = (values: readonly number[], outer: boolean): readonly (number | undefined)[] =>
  outer && values.length === 0 ? [undefined] : values
const cross = <A, B>(as: readonly A[], bs: readonly B[]): [A, B][] => as.flatMap((a) => bs.map((b): [A, B] => [a, b]))

export const windowLaws: readonly Law[] = [
  law('window holds the records of the last batches', (dice, count) => {
    const [batches, by] = [dice.pairs(count, { gaps: true }), shape(dice)]
    return {
      batches,
      build: (input) => input().window(...lengthAndSlide(by)),
      expected: windows(batches, by).map((window) => window && recordsIn(window)),
    }
  }),
  law('a window over a slower window holds what the slower one showed', (dice, count) => {
    const batches = dice.pairs(count, { gaps: true })
    const inner = shape(dice)
    const outer = { length: dice.between(1, 3), slide: dice.between(1, 3) }
    const slow = windows(batches, inner)
      .filter((window) => window !== undefined)
      .map(recordsIn)
    const expected: (unknown[] | undefined)[] = batches.map(() => undefined)
    windows(slow, outer).forEach((window, i) => {
      if (window) expected[(i + 1) * inner.slide - 1] = reduced(recordsIn(window), add)
    })
    return {
      batches,
      build: (input) =>
        input()
          .window(...lengthAndSlide(inner))
          .reduceByKeyAndWindow(add, seconds(outer.length * inner.slide), seconds(outer.slide * inner.slide)),
      expected,
    }
  }),
  law('reduceByKeyAndWindow without an inverse sums each key of the window', (dice, count) => {
    const [batches, by] = [dice.pairs(count, { gaps: true }), shape(dice)]
    return {
      batches,
      build: (input) => input().reduceByKeyAndWindow(add, ...lengthAndSlide(by)),
      expected: windows(batches, by).map((window) => window && reduced(recordsIn(window), add)),
    }
  }),
  law('reduceByKeyAndWindow without an inverse takes functions that cannot be undone', (dice, count) => {
    const [batches, by] = [dice.pairs(count, { gaps: true }), shape(dice)]
    return {
      batches,
      build: (input) => input().reduceByKeyAndWindow(Math.max, ...lengthAndSlide(by)),
      expected: windows(batches, by).map((window) => window && reduced(recordsIn(window), (a, b) => Math.max(a, b))),
    }
  }),
  law('groupByKeyAndWindow gives every value of a key in the window', (dice, count) => {
    const [batches, by] = [dice.pairs(count, { gaps: true }), shape(dice)]
    return {
      batches,
      build: (input) => sortValues(input().groupByKeyAndWindow(...lengthAndSlide(by))),
      expected: windows(batches, by).map((window) => window && grouped(recordsIn(window)).map(sortedValues)),
    }
  }),
  law('reduceByWindow without an inverse gives one record, none for an empty window', (dice, count) => {
    const [batches, by] = [dice.batches(count, dice.value, { gaps: true }), shape(dice)]
    return {
      batches,
      build: (input) => input().reduceByWindow(add, ...lengthAndSlide(by)),
      expected: windows(batches, by).map(
        (window) => window && some(recordsIn(window)).map((records) => records.reduce(add)),
      ),
    }
  }),
]

const some = <T>(records: readonly T[]): readonly (readonly T[])[] => (records.length > 0 ? [records] : [])

/**
 * A slide that is not longer than the window: then the inverse form equals recomputation, but for keys that stay at the
 * neutral value.
 */
const steadyShape = (dice: Dice): WindowShape => {
  const length = dice.between(1, 6)
  return { length, slide: dice.between(1, length) }
}

/** Keys that any window so far has shown. */
function everSeen<T>(batches: readonly Batch<readonly [unknown, T]>[], i: number): unknown[] {
  return grouped(recordsIn(batches.slice(0, i + 1))).map(([key]) => key)
}

export const inverseLaws: readonly Law[] = [
  law('reduceByKeyAndWindow with an inverse keeps every key it has ever seen', (dice, count) => {
    const [batches, by] = [dice.pairs(count, { gaps: true }), steadyShape(dice)]
    return {
      batches,
      build: (input) => input().reduceByKeyAndWindow(add, subtract, ...lengthAndSlide(by)),
      expected: windows(batches, by).map(
        (window, i) =>
          window && everSeen(batches, i).map((key) => [key, valueOf(reduced(recordsIn(window), add), key) ?? 0]),
      ),
    }
  }),
  law('reduceByKeyAndWindow with an inverse and a filter shows what recomputation shows', (dice, count) => {
    const by = steadyShape(dice)
    const batches = dice.batches(count, (): [unknown, Tally] => [dice.key(), { n: 1, sum: dice.value() }], {
      gaps: true,
    })
    return {
      batches,
      build: (input) =>
        input().reduceByKeyAndWindow(
          addTally,
          subtractTally,
          ...lengthAndSlide(by),
          undefined,
          ([, tally]: any) => tally.n > 0,
        ),
      expected: windows(batches, by).map((window) => window && reduced(recordsIn(window), addTally)),
    }
  }),
  law(
    "a slide longer than the window follows Spark's formula: gaps enter and leave again, but for keys " +
      'that were not there',
    (dice, count) => {
      const length = dice.between(1, 3)
      const by = { length, slide: dice.between(length + 1, length + 3) }
      const batches = dice.pairs(count, { gaps: true })
      return {
        batches,
        build: (input) => input().reduceByKeyAndWindow(add, subtract, ...lengthAndSlide(by)),
        expected: sparkFormula(batches, by),
      }
    },
  ),
  law('countByWindow is silent until the first record and then counts, down to 0', (dice, count) => {
    const [batches, by] = [dice.batches(count, dice.value, { gaps: true }), steadyShape(dice)]
    const begun = (i: number): boolean => recordsIn(batches.slice(0, i + 1)).length > 0
    return {
      batches,
      build: (input) => input().countByWindow(...lengthAndSlide(by)),
      expected: windows(batches, by).map((window, i) => window && (begun(i) ? [recordsIn(window).length] : [])),
    }
  }),
  law('countByValueAndWindow forgets what has left', (dice, count) => {
    const [batches, by] = [dice.batches(count, dice.key, { gaps: true }), steadyShape(dice)]
    return {
      batches,
      build: (input) => input().countByValueAndWindow(...lengthAndSlide(by)),
      expected: windows(batches, by).map(
        (window) =>
          window &&
          reduced(
            recordsIn(window).map((record) => [record, 1] as const),
            add,
          ),
      ),
    }
  }),
  law('reduceByWindow with an inverse emits for ever once it has seen a record', (dice, count) => {
    const [batches, by] = [dice.batches(count, dice.value, { gaps: true }), steadyShape(dice)]
    const begun = (i: number): boolean => recordsIn(batches.slice(0, i + 1)).length > 0
    return {
      batches,
      build: (input) => input().reduceByWindow(add, subtract, ...lengthAndSlide(by)),
      expected: windows(batches, by).map((window, i) => window && (begun(i) ? [recordsIn(window).reduce(add, 0)] : [])),
    }
  }),
]

/** `f(inverse(previous, old), entering)` with the times of Spark's `ReducedWindowedDStream`. */
function sparkFormula(
  batches: readonly Batch<readonly [unknown, number]>[],
  { length, slide }: WindowShape,
): ([unknown, number][] | undefined)[] {
  const between = (from: number, to: number) =>
    reduced(recordsIn(batches.slice(Math.max(0, from - 1), Math.max(0, to))), add)
  let previous: [unknown, number][] = []
  return batches.map((_, i) => {
    const now = i + 1
    if (now % slide !== 0) return undefined
    const old = between(now - slide - length + 1, now - length)
    const entering = between(now - slide + 1, now)
    const keys = grouped<number>([...previous, ...entering]).map(([key]) => key)
    previous = keys.map((key) => {
      const before = valueOf(previous, key)
      const came = valueOf(entering, key)
      return [key, before === undefined ? came! : before - (valueOf(old, key) ?? 0) + (came ?? 0)]
    })
    return previous
  })
}

export const laws: readonly Law[] = [...statelessLaws, ...windowLaws, ...inverseLaws, ...stateLaws]
