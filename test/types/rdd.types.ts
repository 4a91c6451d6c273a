import type { RDD } from '../../lib/api/rdd/rdd.ts'
import type { SparkContext } from '../../lib/api/rdd/spark-context.ts'

// Nothing here runs: it compiles, or the type check fails.

declare const sc: SparkContext
declare const words: RDD<string>
declare const numbers: RDD<number>
declare const counts: RDD<[string, number]>
declare const names: RDD<[string, { first: string }]>

/** Compiles when both types are the same. */
type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => {}

const pairs = words.map((word) => [word, 1])
same<typeof pairs, RDD<[string, number]>>(true)
const sums = words
  .flatMap((line) => line.split(' '))
  .map((word) => [word, 1])
  .reduceByKey((a, b) => a + b)
same<typeof sums, RDD<[string, number]>>(true)
const flat = words.flatMap((word) => [
  [word, 1],
  [word, 2],
])
same<typeof flat, RDD<[string, number]>>(true)
const parallel = sc.parallelize([
  ['a', 1],
  ['b', 2],
])
same<typeof parallel, RDD<[string, number]>>(true)
const lengths = words.map((word) => word.length)
same<typeof lengths, RDD<number>>(true)
const parsed = words.map((word) => JSON.parse(word))
same<typeof parsed, RDD<any>>(true)
const kinds = words.map((word): 'a' | 'b' => (word === 'a' ? 'a' : 'b'))
same<typeof kinds, RDD<'a' | 'b'>>(true)
const lists = words.map((word) => word.split(''))
same<typeof lists, RDD<string[]>>(true)

const joined = counts.join(names)
same<typeof joined, RDD<[string, [number, { first: string }]]>>(true)
const outer = counts.leftOuterJoin(names)
same<typeof outer, RDD<[string, [number, { first: string } | undefined]]>>(true)
const full = counts.fullOuterJoin(names)
same<typeof full, RDD<[string, [number | undefined, { first: string } | undefined]]>>(true)
const groups = counts.cogroup(names, counts)
same<typeof groups, RDD<[string, [number[], { first: string }[], number[]]]>>(true)
const grouped = words.groupBy((word) => word.length)
same<typeof grouped, RDD<[number, string[]]>>(true)
const averages = counts.aggregateByKey(
  [0, 0],
  ([n, sum], v) => [n + 1, sum + v],
  (a, b) => [a[0] + b[0], a[1] + b[1]],
)
same<typeof averages, RDD<[string, number[]]>>(true)
const total = words.aggregate(
  0,
  (n, word) => n + word.length,
  (a, b) => a + b,
)
same<typeof total, number>(true)
const curried = words.aggregate(0)(
  (n, word) => n + word.length,
  (a, b) => a + b,
)
same<typeof curried, number>(true)
const byKey = counts.countByKey()
same<typeof byKey, Map<string, number>>(true)
const even = numbers.histogram(3)
same<typeof even, [edges: number[], counts: number[]]>(true)
const plain = words.foreach((word) => {
  console.log(word)
})
same<typeof plain, void>(true)
const waiting = words.foreach(async (word) => {
  await Promise.resolve(word)
})
same<typeof waiting, Promise<void>>(true)

// An RDD of a narrower type stands in for one of a wider type.
export const wider: RDD<readonly [string, number | string]> = counts
export const widest: RDD<unknown> = counts

// @ts-expect-error: words are not pairs
words.reduceByKey((a: string, b: string) => a + b)
// @ts-expect-error: words are not pairs
words.groupByKey()
// @ts-expect-error: words are not pairs
words.countByKey()
// @ts-expect-error: words are not numbers
words.sum()
// @ts-expect-error: the values are numbers
counts.reduceByKey((a: string, b: string) => a + b)
// @ts-expect-error: keys of different types never meet
counts.join(numbers.map((n) => [n, n]))
// @ts-expect-error: a sum of numbers is no text
counts.mapValues((n) => n + 1).map(([word, n]) => word + n.toUpperCase())
// @ts-expect-error: each line becomes many records
words.flatMap((word) => word.length)
