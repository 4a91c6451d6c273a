import {
  type DStream,
  HashPartitioner,
  seconds,
  type State,
  StateSpec,
  type StreamingContext,
} from '../../lib/index.ts'

// Nothing here runs: it compiles, or the type check fails.

declare const ssc: StreamingContext
declare const lines: DStream<string>
declare const numbers: DStream<number>
declare const counts: DStream<[string, number]>
declare const names: DStream<[string, { first: string }]>

/** Compiles when both types are the same. */
type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => {}

const pairs = lines.map((word) => [word, 1])
same<typeof pairs, DStream<[string, number]>>(true)
const sums = lines
  .flatMap((line) => line.split(' '))
  .map((word) => [word, 1])
  .reduceByKey((a, b) => a + b)
same<typeof sums, DStream<[string, number]>>(true)
const flat = lines.flatMap((word) => [
  [word, 1],
  [word, 2],
])
same<typeof flat, DStream<[string, number]>>(true)
const either = lines.union(numbers)
same<typeof either, DStream<string | number>>(true)
const texts = either.filter((record) => typeof record === 'string')
same<typeof texts, DStream<string>>(true)
const lengths = lines.map((word) => word.length)
same<typeof lengths, DStream<number>>(true)
const values = counts.mapValues((n) => `${n}`).flatMapValues((text) => text.split(''))
same<typeof values, DStream<[string, string]>>(true)
const grouped = counts.groupByKey()
same<typeof grouped, DStream<[string, number[]]>>(true)
const combined = counts.combineByKey(
  (n) => [n],
  (all, n) => [...all, n],
  (a, b) => [...a, ...b],
)
same<typeof combined, DStream<[string, number[]]>>(true)
const counted = lines.countByValue()
same<typeof counted, DStream<[string, number]>>(true)

const joined = counts.join(names)
same<typeof joined, DStream<[string, [number, { first: string }]]>>(true)
const left = counts.leftOuterJoin(names)
same<typeof left, DStream<[string, [number, { first: string } | undefined]]>>(true)
const right = counts.rightOuterJoin(names)
same<typeof right, DStream<[string, [number | undefined, { first: string }]]>>(true)
const full = counts.fullOuterJoin(names)
same<typeof full, DStream<[string, [number | undefined, { first: string } | undefined]]>>(true)
const groups = counts.cogroup(names)
same<typeof groups, DStream<[string, [number[], { first: string }[]]]>>(true)

const windowed = lines.window(seconds(10), seconds(5))
same<typeof windowed, DStream<string>>(true)
const windowSums = counts.reduceByKeyAndWindow(
  (a, b) => a + b,
  (a, b) => a - b,
  seconds(30),
  seconds(10),
  2,
  ([word, n]) => n > 0 && word !== '',
)
same<typeof windowSums, DStream<[string, number]>>(true)
const noInverse = counts.reduceByKeyAndWindow(Math.max, seconds(30))
same<typeof noInverse, DStream<[string, number]>>(true)
const howMany = lines.countByWindow(seconds(30), seconds(10))
same<typeof howMany, DStream<number>>(true)
const howOften = lines.countByValueAndWindow(seconds(30), seconds(10), new HashPartitioner(2))
same<typeof howOften, DStream<[string, number]>>(true)
const lists = counts.groupByKeyAndWindow(seconds(30))
same<typeof lists, DStream<[string, number[]]>>(true)

const totals = counts.updateStateByKey((added, before) => added.reduce((a, b) => a + b, before ?? 0))
same<typeof totals, DStream<[string, number]>>(true)
const tallies = counts.updateStateByKey((added, before: { n: number } | undefined) => ({
  n: (before?.n ?? 0) + added.length,
}))
same<typeof tallies, DStream<[string, { n: number }]>>(true)
const given = counts.updateStateByKey<string>((added, before) => `${before}${added.length}`)
same<typeof given, DStream<[any, string]>>(true)
const versioned = counts.updateStateByKey(
  (added, before: { n: number } | undefined) => ({ n: (before?.n ?? 0) + added.length }),
  { name: 'n', version: 2, migrate: (old) => ({ n: old }) },
)
same<typeof versioned, DStream<[string, { n: number }]>>(true)
const fromSecond = counts.updateStateByKey(
  (added, before: { n: number } | undefined) => ({ n: (before?.n ?? 0) + added.length }),
  { version: 3, migrate: (old, from) => ({ n: from === 1 ? old : old.length }), was: 'n' },
)
same<typeof fromSecond, DStream<[string, { n: number }]>>(true)
const versionedSpec = StateSpec.function(
  (word: string, n: number | undefined, seen: State<Set<number>>) => `${word} ${n} ${seen.exists()}`,
).version(2, (old: number[]) => new Set(old))
same<typeof versionedSpec, StateSpec<string, number, Set<number>, string>>(true)
const renamedWindow = counts.reduceByKeyAndWindow(Math.max, seconds(30), seconds(10), { name: 'best', was: 'top' })
same<typeof renamedWindow, DStream<[string, number]>>(true)
const mapped = counts.mapWithState(
  StateSpec.function(
    (word: string, n: number | undefined, seen: State<Set<number>>) => `${word} ${n} ${seen.exists()}`,
  ),
)
const results: DStream<string> = mapped
const snapshots = mapped.stateSnapshots()
same<typeof snapshots, DStream<[string, Set<number>]>>(true)
const transformed = lines.transform((rdd) => rdd.map((line) => line.length))
same<typeof transformed, DStream<number>>(true)
const together = numbers.transformWith(counts, (a, b, time) =>
  a.map((n) => n + b.getNumPartitions() + time.milliseconds),
)
same<typeof together, DStream<number>>(true)
const united = ssc.union([lines, windowed])
same<typeof united, DStream<string>>(true)

// A stream of a narrower type stands in for one of a wider type.
export const wider: DStream<readonly [string, number | string]> = counts
export const widest: DStream<unknown> = results

// @ts-expect-error: lines are not pairs
lines.reduceByKey((a: string, b: string) => a + b)
// @ts-expect-error: lines are not pairs
lines.groupByKey()
// @ts-expect-error: lines are not pairs
lines.join(counts)
// @ts-expect-error: lines are not pairs
lines.mapValues((value) => value)
// @ts-expect-error: lines are not pairs
lines.reduceByKeyAndWindow((a: string, b: string) => a + b, seconds(10))
// @ts-expect-error: lines are not pairs
lines.updateStateByKey((added) => added.length)
const asText = { version: 2, migrate: (old: any) => `${old}` }
// @ts-expect-error: what migrate makes is not what the function keeps
counts.updateStateByKey((added, before: { n: number } | undefined) => ({ n: (before?.n ?? 0) + added.length }), asText)
const seenWord = StateSpec.function(
  (word: string, n: number | undefined, seen: State<number>) => `${word} ${n} ${seen.get()}`,
)
// @ts-expect-error: what migrate makes is not what the function keeps
seenWord.version(2, (old) => `${old}`)
// @ts-expect-error: the values are numbers
counts.reduceByKey((a: string, b: string) => a + b)
// @ts-expect-error: keys of different types never meet
counts.join(numbers.map((n) => [n, n]))
// @ts-expect-error: a window has a length
lines.window()
// @ts-expect-error: each line becomes many records
lines.flatMap((line) => line.length)
// @ts-expect-error: an RDD comes out
lines.transform((rdd) => rdd.count())
// @ts-expect-error: the missing side of a left outer join may be missing
counts.leftOuterJoin(names).mapValues(([n, name]) => name.first + n)
