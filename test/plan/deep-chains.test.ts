import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DStream, RDD, StreamingContext } from '../../lib/index.ts'
import { runBatches } from '../support/run.ts'

const DEPTH = 2000
const add = (a: number, b: number): number => a + b
const one = (n: number): number => n + 1

function repeated<S>(from: S, step: (stream: S) => S): S {
  let stream = from
  for (let i = 0; i < DEPTH; i++) stream = step(stream)
  return stream
}

type Case = readonly [input: readonly unknown[], build: (s: DStream<any>) => DStream<any>, output: readonly unknown[]]

const steps: Record<string, Case> = {
  map: [[1, 2], (s) => repeated(s, (each) => each.map(one)), [1 + DEPTH, 2 + DEPTH]],
  flatMap: [[1, 2], (s) => repeated(s, (each) => each.flatMap((n) => [n + 1])), [1 + DEPTH, 2 + DEPTH]],
  mapPartitions: [[1], (s) => repeated(s, (each) => each.mapPartitions((all: any) => all.map(one))), [1 + DEPTH]],
  union: [[1], (s) => repeated(s, (each) => each.union(s)).count(), [1 + DEPTH]],
  reduceByKey: [[['a', 1]], (s) => repeated(s, (each) => each.reduceByKey(add)), [['a', 1]]],
  count: [[1, 2, 3], (s) => repeated(s, (each) => each.count()), [1]],
  transform: [[1], (s) => repeated(s, (each) => each.transform((rdd) => rdd.map(one))), [1 + DEPTH]],
}
for (const [name, [input, build, output]] of Object.entries(steps))
  test(`${DEPTH} operators ${name} one after the other fit on the stack`, async () => {
    const { shown, errors } = await runBatches((source) => build(source()), [input])
    assert.deepEqual(errors, [])
    assert.deepEqual(Object.values(shown), [[output]])
  })

const rddSteps: Record<string, (rdd: RDD<any>, first: RDD<any>) => RDD<any>> = {
  flatMap: (rdd) => rdd.flatMap((n: number) => [n]),
  union: (rdd, first) => rdd.union(first).coalesce(2),
  zip: (rdd, first) => rdd.zip(first).map(([n]: [number, number]) => n),
  sample: (rdd) => rdd.sample(false, 1),
  repartition: (rdd) => rdd.repartition(2),
}
for (const [name, step] of Object.entries(rddSteps)) {
  const chained = (rdd: RDD<any>): RDD<any> => repeated(rdd, (each) => step(each, rdd))
  const expected = name === 'union' ? Array.from({ length: DEPTH + 1 }, () => [7]).flat() : [7]

  test(`${DEPTH} steps ${name} of an RDD in transform fit on the stack`, async () => {
    const { shown, errors } = await runBatches((source) => source().transform(chained), [[7]])
    assert.deepEqual(errors, [])
    assert.deepEqual(Object.values(shown), [[expected]])
  })

  test(`${DEPTH} steps ${name} of an RDD in foreachRDD fit on the stack`, async () => {
    const counts: number[] = []
    const { errors } = await runBatches(
      (source) => {
        source().foreachRDD((rdd) => void counts.push(chained(rdd).count()))
        return source('other')
      },
      { in: [[7]], other: [[]] },
    )
    assert.deepEqual(errors, [])
    assert.deepEqual(counts, [expected.length])
  })
}

test('what is persisted in a deep chain is computed once', async () => {
  const calls = { below: 0 }
  const { errors } = await runBatches(
    (source) => {
      source().foreachRDD((rdd) => {
        const counted = rdd.map((n: number) => ((calls.below += 1), n))
        const deep = repeated<RDD<number>>(counted, (each) => each.glom().map(([n]) => n))
        deep.persist()
        assert.equal(deep.count(), 2)
        assert.equal(deep.map(one).count(), 2)
      })
      return source('other')
    },
    { in: [[1, 2]], other: [[]] },
    { splits: 2 },
  )
  assert.deepEqual(errors, [])
  assert.equal(calls.below, 2)
})

test('the record that fails in a deep chain is set aside alone', async () => {
  const { shown, errors } = await runBatches(
    (source) => {
      const deep = repeated(source(), (each) => each.mapPartitions((all: any) => all))
      return deep.map((n: number) => {
        if (n === 2) throw new Error('two')
        return n
      })
    },
    [[1, 2, 3]],
    { conf: { 'sluice.onError': 'dead-letter' } },
  )
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['E_USER_CODE'],
  )
  assert.deepEqual(Object.values(shown), [[[1, 3]]])
})

test('a union of 10,000 streams and 2,000 outputs take time that grows with their number only', async () => {
  let outputs = 0
  const { shown, errors } = await runBatches(
    (source, ssc: StreamingContext) => {
      const all = ssc.union(Array.from({ length: 10_000 }, () => source().map(one)))
      for (let i = 0; i < 2000; i++) source().foreachRDD(() => void outputs++)
      return all.count()
    },
    [[1, 2, 3]],
  )
  assert.deepEqual(errors, [])
  assert.deepEqual(Object.values(shown), [[[30_000]]])
  assert.equal(outputs, 2000)
})

/** How often a chain of so many sorts asks for the key of a record. */
async function keysAsked(where: 'transform' | 'foreachRDD', sorts: number): Promise<number> {
  let asked = 0
  const byName = (pair: readonly [string, number]): string => {
    asked++
    return pair[0]
  }
  const sorted = (rdd: RDD<any>): RDD<any> => {
    let last = rdd
    for (let i = 0; i < sorts; i++) last = last.sortBy(byName, i % 2 === 1, 2)
    return last
  }
  const rows: unknown[] = []
  const { shown, errors } = await runBatches(
    (source) => {
      if (where === 'transform') return source().transform(sorted)
      source().foreachRDD((rdd) => void rows.push(...sorted(rdd).collect()))
      return source('other')
    },
    {
      in: [
        [
          ['b', 1],
          ['c', 2],
          ['a', 3],
        ],
      ],
      other: [[]],
    },
  )
  assert.deepEqual(errors, [])
  assert.deepEqual(
    [...(Object.values(shown)[0]?.[0] ?? []), ...rows].map(([name]: any) => name),
    ['a', 'b', 'c'],
  )
  return asked
}

for (const where of ['transform', 'foreachRDD'] as const)
  test(`each sortBy in one ${where} begins at the sort before, not at the bottom of the chain`, async () => {
    const few = await keysAsked(where, 20)
    const many = await keysAsked(where, 60)
    assert.ok(many <= 3.2 * few, `three times as many sorts ask ${many} times for a key instead of ${few}`)
  })

test('an action on another lineage than when the function was called before takes nothing from it', async () => {
  let calls = 0
  const { shown, errors } = await runBatches(
    (source) =>
      source().transform((rdd) => {
        const isFirst = calls++ === 0
        const pairs: RDD<any> = rdd.map((n: number): [number, number] => [n % 2, n])
        const counted = isFirst ? pairs.filter(([, n]: any) => n > 1).reduceByKey(add, 2) : pairs.reduceByKey(add, 2)
        const before = counted.count()
        const now = counted.map(([, sum]: any) => sum).reduce(add)
        return rdd.map(() => [before, now])
      }),
    [[1, 2, 4]],
    { splits: 1 },
  )
  assert.deepEqual(errors, [])
  assert.deepEqual(Object.values(shown)[0][0]![0], [1, 7])
})

/** How often each step of a stream that is joined with itself so many times asks the function behind the join. */
async function joinedWithItself(joins: number, step: (joined: DStream<any>, one: () => 1) => DStream<any>) {
  let asked = 0
  const one = (): 1 => ((asked += 1), 1)
  const { shown, errors } = await runBatches(
    (source) => {
      let stream: DStream<any> = source().map((n: number): [number, number] => [n, 1])
      for (let i = 0; i < joins; i++) stream = step(stream.join(stream, 2), one)
      return stream
    },
    [[7]],
  )
  assert.deepEqual(errors, [])
  assert.deepEqual(Object.values(shown), [[[[7, 1]]]])
  return asked
}

test('a stream joined with itself is computed once a side, so behind a shuffle twice, and persisted once', async () => {
  const moved = (joined: DStream<any>, one: () => 1) => joined.map(([key]: any) => [key, one()])
  assert.equal(await joinedWithItself(8, moved), 2 * 8 - 1)
  const inPlace = (joined: DStream<any>, one: () => 1) => joined.mapValues(one)
  assert.equal(await joinedWithItself(8, inPlace), 2 ** 8 - 1)
  assert.equal(await joinedWithItself(8, (joined, one) => inPlace(joined, one).persist()), 8)
})
