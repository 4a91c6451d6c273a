import { type DStream, seconds, StateSpec, type StreamingContext } from '../../lib/index.ts'
import { lookupKey } from '../../lib/model/key/lookup.ts'
import type { Dice } from '../support/dice.ts'
import { grouped, recordsIn, reduced, valueOf, valuesOf, windows, type WindowShape } from '../support/oracle.ts'
import type { Batch, Batches, Build } from '../support/run.ts'

/** A program, what goes in, and what recomputation from the whole input says must come out. */
export interface LawCase {
  readonly build: Build
  readonly batches: Batches
  readonly expected: readonly (readonly unknown[] | undefined)[] | { readonly [output: string]: readonly (readonly unknown[] | undefined)[] }
}

export interface Law {
  readonly sentence: string
  make(dice: Dice, count: number): LawCase
}

const add = (a: number, b: number): number => a + b
const subtract = (a: number, b: number): number => a - b
const each = <T>(batches: readonly Batch<T>[], f: (records: readonly T[]) => readonly unknown[]) => batches.map((batch) => (batch ? f(batch) : undefined))
const sortedValues = ([key, values]: readonly [unknown, number[]]): [unknown, number[]] => [key, values.toSorted((a, b) => a - b)]
const sortValues = (stream: DStream<any>): DStream<any> => stream.mapValues((values: number[]) => values.toSorted((a, b) => a - b))

/** An object as a value: how many, and how much. */
interface Tally { readonly n: number; readonly sum: number }
const addTally = (a: Tally, b: Tally): Tally => ({ n: a.n + b.n, sum: a.sum + b.sum })
const subtractTally = (a: Tally, b: Tally): Tally => ({ n: a.n - b.n, sum: a.sum - b.sum })

const shape = (dice: Dice): WindowShape => ({ length: dice.between(1, 6), slide: dice.between(1, 5) })
const lengthAndSlide = ({ length, slide }: WindowShape) => [seconds(length), seconds(slide)] as const

const law = (sentence: string, make: Law['make']): Law => ({ sentence, make })

export const statelessLaws: readonly Law[] = [
  law('reduceByKey sums the values of each key of the batch', (dice, count) => {
    const batches = dice.pairs(count, { gaps: true })
    return { batches, build: (input) => input().reduceByKey(add), expected: each(batches, (pairs) => reduced(pairs, add)) }
  }),
  law('reduceByKey keeps objects as values, the largest first-come one of each key', (dice, count) => {
    const batches = dice.batches(count, (): [unknown, Tally] => [dice.key(), { n: 1, sum: dice.value() }])
    return { batches, build: (input) => input().reduceByKey(addTally), expected: each(batches, (pairs) => reduced(pairs, addTally)) }
  }),
  law('groupByKey gives every value of a key', (dice, count) => {
    const batches = dice.pairs(count, { gaps: true })
    return { batches, build: (input) => sortValues(input().groupByKey()), expected: each(batches, (pairs) => grouped(pairs).map(sortedValues)) }
  }),
  law('countByValue counts equal records, also pairs and objects', (dice, count) => {
    const batches = dice.batches(count, () => [dice.key(), dice.below(2)], { gaps: true })
    return { batches, build: (input) => input().countByValue(), expected: each(batches, (records) => grouped(records.map((record) => [record, 1] as const)).map(([key, ones]) => [key, ones.length])) }
  }),
  law('count is one number per batch, 0 for an empty one, and reduce one record or none', (dice, count) => {
    const batches = dice.batches(count, dice.value)
    return {
      batches,
      build: (input) => ({ count: input().count(), reduce: input().reduce(add) }),
      expected: { count: each(batches, (records) => [records.length]), reduce: each(batches, (records) => (records.length > 0 ? [records.reduce(add)] : [])) },
    }
  }),
  law('joins pair the values of both sides, key by key and batch by batch', (dice, count) => {
    const batches = { left: dice.pairs(count), right: dice.pairs(count) }
    const sides = batches.left.map((left, i) => {
      const keys = grouped<number>([...left!, ...batches.right[i]!]).map(([key]) => key)
      return keys.map((key) => ({ key, vs: valuesOf(left!, key), ws: valuesOf(batches.right[i]!, key) }))
    })
    const joined = (outerLeft: boolean, outerRight: boolean) => sides.map((keys) => keys.flatMap(({ key, vs, ws }) => cross(orMissing(vs, outerRight), orMissing(ws, outerLeft)).map((pair) => [key, pair])))
    return {
      batches,
      build: (input) => {
        const [left, right] = [input('left'), input('right')]
        return { join: left.join(right), left: left.leftOuterJoin(right), right: left.rightOuterJoin(right), full: left.fullOuterJoin(right), cogroup: left.cogroup(right).mapValues(([vs, ws]: any) => [vs.toSorted(), ws.toSorted()]) }
      },
      expected: {
        join: joined(false, false), left: joined(true, false), right: joined(false, true), full: joined(true, true),
        cogroup: sides.map((keys) => keys.map(({ key, vs, ws }) => [key, [vs.toSorted(), ws.toSorted()]])),
      },
    }
  }),
]

const orMissing = (values: readonly number[], outer: boolean): readonly (number | undefined)[] => (outer && values.length === 0 ? [undefined] : values)
const cross = <A, B>(as: readonly A[], bs: readonly B[]): [A, B][] => as.flatMap((a) => bs.map((b): [A, B] => [a, b]))

export const windowLaws: readonly Law[] = [
  law('window holds the records of the last batches', (dice, count) => {
    const [batches, by] = [dice.pairs(count, { gaps: true }), shape(dice)]
    return { batches, build: (input) => input().window(...lengthAndSlide(by)), expected: windows(batches, by).map((window) => window && recordsIn(window)) }
  }),
  law('a window over a slower window holds what the slower one showed', (dice, count) => {
    const batches = dice.pairs(count, { gaps: true })
    const inner = shape(dice)
    const outer = { length: dice.between(1, 3), slide: dice.between(1, 3) }
    const slow = windows(batches, inner).filter((window) => window !== undefined).map(recordsIn)
    const expected: (unknown[] | undefined)[] = batches.map(() => undefined)
    windows(slow, outer).forEach((window, i) => { if (window) expected[(i + 1) * inner.slide - 1] = reduced(recordsIn(window) as [unknown, number][], add) })
    return {
      batches,
      build: (input) => input().window(...lengthAndSlide(inner)).reduceByKeyAndWindow(add, seconds(outer.length * inner.slide), seconds(outer.slide * inner.slide)),
      expected,
    }
  }),
  law('reduceByKeyAndWindow without an inverse sums each key of the window', (dice, count) => {
    const [batches, by] = [dice.pairs(count, { gaps: true }), shape(dice)]
    return { batches, build: (input) => input().reduceByKeyAndWindow(add, ...lengthAndSlide(by)), expected: windows(batches, by).map((window) => window && reduced(recordsIn(window), add)) }
  }),
  law('reduceByKeyAndWindow without an inverse takes functions that cannot be undone', (dice, count) => {
    const [batches, by] = [dice.pairs(count, { gaps: true }), shape(dice)]
    return { batches, build: (input) => input().reduceByKeyAndWindow(Math.max, ...lengthAndSlide(by)), expected: windows(batches, by).map((window) => window && reduced(recordsIn(window), (a, b) => Math.max(a, b))) }
  }),
  law('groupByKeyAndWindow gives every value of a key in the window', (dice, count) => {
    const [batches, by] = [dice.pairs(count, { gaps: true }), shape(dice)]
    return { batches, build: (input) => sortValues(input().groupByKeyAndWindow(...lengthAndSlide(by))), expected: windows(batches, by).map((window) => window && grouped(recordsIn(window)).map(sortedValues)) }
  }),
  law('reduceByWindow without an inverse gives one record, none for an empty window', (dice, count) => {
    const [batches, by] = [dice.batches(count, dice.value, { gaps: true }), shape(dice)]
    return { batches, build: (input) => input().reduceByWindow(add, ...lengthAndSlide(by)), expected: windows(batches, by).map((window) => window && some(recordsIn(window)).map((records) => records.reduce(add))) }
  }),
]

const some = <T>(records: readonly T[]): readonly (readonly T[])[] => (records.length > 0 ? [records] : [])

/** A slide that is not longer than the window: then the inverse form equals recomputation, but for keys that stay at the neutral value. */
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
      expected: windows(batches, by).map((window, i) => window && everSeen(batches, i).map((key) => [key, valueOf(reduced(recordsIn(window), add), key) ?? 0])),
    }
  }),
  law('reduceByKeyAndWindow with an inverse and a filter shows what recomputation shows', (dice, count) => {
    const by = steadyShape(dice)
    const batches = dice.batches(count, (): [unknown, Tally] => [dice.key(), { n: 1, sum: dice.value() }], { gaps: true })
    return {
      batches,
      build: (input) => input().reduceByKeyAndWindow(addTally, subtractTally, ...lengthAndSlide(by), undefined, ([, tally]: any) => tally.n > 0),
      expected: windows(batches, by).map((window) => window && reduced(recordsIn(window), addTally)),
    }
  }),
  law("a slide longer than the window follows Spark's formula: gaps enter and leave again, but for keys that were not there", (dice, count) => {
    const length = dice.between(1, 3)
    const by = { length, slide: dice.between(length + 1, length + 3) }
    const batches = dice.pairs(count, { gaps: true })
    return { batches, build: (input) => input().reduceByKeyAndWindow(add, subtract, ...lengthAndSlide(by)), expected: sparkFormula(batches, by) }
  }),
  law('countByWindow is silent until the first record and then counts, down to 0', (dice, count) => {
    const [batches, by] = [dice.batches(count, dice.value, { gaps: true }), steadyShape(dice)]
    const begun = (i: number): boolean => recordsIn(batches.slice(0, i + 1)).length > 0
    return { batches, build: (input) => input().countByWindow(...lengthAndSlide(by)), expected: windows(batches, by).map((window, i) => window && (begun(i) ? [recordsIn(window).length] : [])) }
  }),
  law('countByValueAndWindow forgets what has left', (dice, count) => {
    const [batches, by] = [dice.batches(count, dice.key, { gaps: true }), steadyShape(dice)]
    return {
      batches,
      build: (input) => input().countByValueAndWindow(...lengthAndSlide(by)),
      expected: windows(batches, by).map((window) => window && reduced(recordsIn(window).map((record) => [record, 1] as const), add)),
    }
  }),
  law('reduceByWindow with an inverse emits for ever once it has seen a record', (dice, count) => {
    const [batches, by] = [dice.batches(count, dice.value, { gaps: true }), steadyShape(dice)]
    const begun = (i: number): boolean => recordsIn(batches.slice(0, i + 1)).length > 0
    return { batches, build: (input) => input().reduceByWindow(add, subtract, ...lengthAndSlide(by)), expected: windows(batches, by).map((window, i) => window && (begun(i) ? [recordsIn(window).reduce(add, 0)] : [])) }
  }),
]

/** `f(inverse(previous, old), entering)` with the times of Spark's `ReducedWindowedDStream`. */
function sparkFormula(batches: readonly Batch<readonly [unknown, number]>[], { length, slide }: WindowShape): ([unknown, number][] | undefined)[] {
  const between = (from: number, to: number) => reduced(recordsIn(batches.slice(Math.max(0, from - 1), Math.max(0, to))), add)
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

type Entry<S> = readonly [unknown, S]

/** State by key over all batches; `step` says what becomes of each. */
function states<S>(batches: readonly Batch<readonly [unknown, number]>[], initial: readonly Entry<S>[], step: (state: Entry<S>[], batch: Batch<readonly [unknown, number]>, index: number) => Entry<S>[] | undefined): (Entry<S>[] | undefined)[] {
  let state: Entry<S>[] | undefined = initial.slice()
  return batches.map((batch, i) => {
    const next = step(state!, batch, i)
    if (next) state = next
    return next
  })
}

/** A counter that removes keys now and then, and may be 0, null-like or an object. */
const remembered = (values: readonly number[], state: Tally | undefined): Tally | undefined => {
  const next = { n: (state?.n ?? 0) + values.length, sum: values.reduce(add, state?.sum ?? 0) }
  return next.sum % 7 === 3 || (values.length === 0 && next.n % 5 === 0) ? undefined : next
}

const updated = (state: readonly Entry<any>[], values: readonly (readonly [unknown, number])[], f: (values: readonly number[], state: any, key: unknown) => any): Entry<any>[] =>
  grouped<unknown>([...state, ...values]).map(([key]) => [key, f(valuesOf(values, key), valueOf(state, key), key)] as const).filter(([, next]) => next !== undefined)

const initialEntries = (dice: Dice): [unknown, Tally][] => Array.from({ length: dice.below(6) }, (): [unknown, Tally] => [dice.key(), { n: 1, sum: dice.value() }])
const firstOfEach = <S>(entries: readonly Entry<S>[]): Entry<S>[] => grouped(entries).map(([key, values]) => [key, values[0]!])
const lastOfEach = <S>(entries: readonly Entry<S>[]): Entry<S>[] => grouped(entries).map(([key, values]) => [key, values.at(-1)!])

/** `updateStateByKey` runs from the first batch with data on; from then on also where the input has no batch. */
const running = (batches: readonly Batch[], i: number): boolean => batches.slice(0, i + 1).some((batch) => batch !== null)

const partitioned = (context: StreamingContext) => context.partitioner(undefined)

export const stateLaws: readonly Law[] = [
  law('updateStateByKey shows every key with its state, and forgets what became undefined', (dice, count) => {
    const batches = dice.pairs(count, { gaps: true })
    return {
      batches,
      build: (input) => input().updateStateByKey(remembered),
      expected: states<Tally>(batches, [], (state, batch, i) => (running(batches, i) ? updated(state, batch ?? [], remembered) : undefined)),
    }
  }),
  law('updateStateByKey sees no state before a key is new, and a state of 0 is a state', (dice, count) => {
    const batches = dice.pairs(count)
    const visits = (_values: readonly number[], state: number | undefined): number | undefined => (state === undefined ? 0 : state === 2 ? undefined : state + 1)
    return { batches, build: (input) => input().updateStateByKey(visits), expected: states<number>(batches, [], (state, batch) => updated(state, batch!, visits)) }
  }),
  law('updateStateByKey begins with the first entry of each key of the initial RDD', (dice, count) => {
    const [batches, initial] = [dice.pairs(count, { gaps: true }), initialEntries(dice)]
    return {
      batches,
      build: (input, context) => input().updateStateByKey(remembered, 3, context.sparkContext.parallelize(initial as [any, Tally][])),
      expected: states<Tally>(batches, firstOfEach(initial), (state, batch, i) => (running(batches, i) ? updated(state, batch ?? [], remembered) : undefined)),
    }
  }),
  law('updateStateByKey over entries may change keys, with time and key it sees both', (dice, count) => {
    const batches = dice.pairs(count)
    const halve = (entries: Iterable<readonly [unknown, readonly number[], number | undefined]>): [unknown, number][] =>
      [...entries].flatMap(([key, values, state]): [unknown, number][] => ((state ?? 0) > 20 ? [] : [[key, values.reduce(add, (state ?? 0) + 1)]]))
    const timed = (time: { readonly milliseconds: number }, key: unknown, values: readonly number[], state: string | undefined): string | undefined =>
      values.length > 3 ? undefined : `${state ?? ''}${(time.milliseconds / 1000) % 10}${key === null ? 'n' : ''}`
    return {
      batches,
      build: (input, context) => ({
        entries: input().updateStateByKey(halve as never, partitioned(context), true),
        timed: input().updateStateByKey(timed as never, partitioned(context), false),
      }),
      expected: {
        entries: states<number>(batches, [], (state, batch) => halve(updated([...state], batch!, (values, known) => [values, known]).map(([key, [values, known]]) => [key, values, known]))),
        timed: states<string>(batches, [], (state, batch, i) => updated(state, batch!, (values, known, key) => timed({ milliseconds: (i + 1) * 1000 }, key, values, known))),
      },
    }
  }),
  law('mapWithState is called once per record in order of arrival, and its snapshots hold the state after the batch', (dice, count) => {
    const [batches, initial, parts] = [dice.pairs(count, { gaps: true }), initialEntries(dice), dice.oneOf([1, 3])]
    return {
      batches,
      build: (input, context) => {
        const mapped = input().mapWithState(StateSpec.function(sumUpTo).initialState(context.sparkContext.parallelize(initial as any, 2)).numPartitions(parts) as any)
        return { mapped, state: mapped.stateSnapshots() }
      },
      expected: recordByRecord(batches, initial),
    }
  }),
  law('mapWithState drops idle keys in the batches at which its state is checkpointed', (dice, count) => {
    const batches = dice.pairs(count, { gaps: true })
    const [idle, every] = [dice.between(1, 4), dice.between(1, 4)]
    return {
      batches,
      build: (input) => {
        const mapped = input().mapWithState(StateSpec.function(lastSeen).timeout(seconds(idle)) as any)
        mapped.checkpoint(seconds(every))
        return { mapped, state: mapped.stateSnapshots() }
      },
      expected: withTimeouts(batches, idle, every),
    }
  }),
]

/** Adds up to 8, then removes the key; shows what was there before. */
function sumUpTo(key: unknown, value: number | undefined, state: { getOption(): Tally | undefined; update(next: Tally): void; remove(): void; exists(): boolean }): unknown {
  const before = state.getOption()
  const next = { n: (before?.n ?? 0) + 1, sum: (before?.sum ?? 0) + value! }
  if (next.sum <= 8) state.update(next)
  else if (state.exists()) state.remove()
  return [key, value, before]
}

function recordByRecord(batches: readonly Batch<readonly [unknown, number]>[], initial: readonly Entry<Tally>[]) {
  const state = new Map(lastOfEach(initial).map((entry) => [lookupKey(entry[0]), entry] as const))
  const mapped: unknown[][] = []
  const snapshots: unknown[][] = []
  for (const batch of batches) {
    mapped.push((batch ?? []).map(([key, value]) => {
      const at = lookupKey(key)
      return sumUpTo(key, value, {
        getOption: () => state.get(at)?.[1], exists: () => state.has(at), remove: () => { state.delete(at) }, update: (next) => { state.set(at, [Object.is(key, -0) ? 0 : key, next]) },
      })
    }))
    snapshots.push([...state.values()])
  }
  return { mapped, state: snapshots }
}

function lastSeen(_time: unknown, key: unknown, value: number | undefined, state: { isTimingOut(): boolean; get(): number; exists(): boolean; update(next: number): void }): unknown {
  if (state.isTimingOut()) return [key, 'idle', state.get()]
  // Only new keys are updated: for the others, having received a record must be enough.
  if (!state.exists()) state.update(value!)
  return value === 0 ? undefined : [key, value]
}

function withTimeouts(batches: readonly Batch<readonly [unknown, number]>[], idle: number, every: number) {
  const state = new Map<unknown, { key: unknown; value: number; at: number }>()
  const mapped: unknown[][] = []
  const snapshots: unknown[][] = []
  batches.forEach((batch, i) => {
    const out: unknown[] = []
    for (const [key, value] of batch ?? []) {
      const known = state.get(lookupKey(key))
      state.set(lookupKey(key), { key: Object.is(key, -0) ? 0 : key, value: known?.value ?? value, at: i + 1 })
      if (value !== 0) out.push([key, value])
    }
    if ((i + 1) % every === 0) {
      for (const [at, { key, value, at: seen }] of [...state]) {
        if (seen >= i + 1 - idle) continue
        out.push([key, 'idle', value])
        state.delete(at)
      }
    }
    mapped.push(out)
    snapshots.push([...state.values()].map(({ key, value }) => [key, value]))
  })
  return { mapped, state: snapshots }
}

export const laws: readonly Law[] = [...statelessLaws, ...windowLaws, ...inverseLaws, ...stateLaws]
