import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DStream, HashPartitioner, type RDD, seconds, type SluiceError, StateUpdate } from '../../../lib/index.ts'
import { type Build, runBatches } from '../../support/run.ts'

// What functions of a program answer, where a wrong answer would be taken for a right one.

async function failure(build: Build, records: readonly unknown[]): Promise<SluiceError> {
  const { errors } = await runBatches(build, records as never)
  assert.ok(errors.length > 0, 'the batch failed')
  return errors[0] as SluiceError
}

const add = (a: number, b: number): number => a + b
const later = async (a: number, b: number): Promise<number> => a - b
const one = [[1], [2], [3], [4]]
const onePair = one.map(([n]) => [['a', n]])

const windows: readonly [what: string, records: readonly unknown[], build: (s: DStream<any>) => DStream<any>][] = [
  ['reduceByWindow', one, (s) => s.reduceByWindow(add, later as never, seconds(2), seconds(1))],
  [
    'reduceByKeyAndWindow',
    onePair,
    (s) => s.reduceByKeyAndWindow(add, later as never, seconds(2), seconds(1), { filter: () => true }),
  ],
]

for (const [what, records, build] of windows)
  test(`an inverse of ${what} that gives a promise fails where it leaves the window`, async () => {
    const error = await failure((input) => build(input()), records)
    assert.equal(error.code, 'E_ASYNC', error.message)
    assert.match(error.message, /the inverse of reduceByKeyAndWindow was given/)
    assert.match(String(error.where.operator), /reduceBy/)
  })

test('a reduction that gives a promise is found where only the window has two values of a key', async () => {
  const error = await failure((input) => input().reduceByKeyAndWindow(later as never, seconds(2)), onePair)
  assert.equal(error.code, 'E_ASYNC', error.message)
})

test('a filter that gives a promise for some records only keeps none of them by mistake', async () => {
  const many = [Array.from({ length: 300 }, (_, i) => i)]
  const filter = (n: number): unknown => (n < 200 ? n % 2 === 0 : Promise.resolve(false))
  const error = await failure((input) => input().filter(filter as never), many)
  assert.equal(error.code, 'E_ASYNC', error.message)
  const { shown, errors } = await runBatches((input) => input().filter((n: number) => n & 1), many)
  assert.deepEqual([errors, (shown['out'][0] as number[]).length], [[], 150])
})

const answers: readonly [what: string, answer: unknown, code: string][] = [
  ['a promise', Promise.resolve(0), 'E_ASYNC'],
  ['NaN', NaN, 'E_PARTITIONS'],
  ['a partition that is not there', 2, 'E_PARTITIONS'],
  ['less than 0', -1, 'E_PARTITIONS'],
  ['half a partition', 0.5, 'E_PARTITIONS'],
  ['a text', '1', 'E_PARTITIONS'],
  ['nothing', undefined, 'E_PARTITIONS'],
]
for (const [what, answer, code] of answers)
  test(`a partitioner that gives ${what} is ${code}, with the operator`, async () => {
    const odd = { numPartitions: 2, getPartition: () => answer as number, equals: () => false }
    for (const build of [
      (s: DStream<any>) => s.partitionBy(odd),
      (s: DStream<any>) => s.reduceByKey(add, odd),
      (s: DStream<any>) => s.groupByKey(odd),
    ]) {
      const error = await failure((input) => build(input()), [[['a', 1], ['b', 2]]]) // prettier-ignore
      assert.equal(error.code, code, error.message)
      assert.ok(error.where.operator)
    }
  })

const orders: readonly [what: string, use: (rdd: RDD<any>, compare: never) => unknown][] = [
  ['top', (rdd, compare) => rdd.top(2, compare)],
  ['takeOrdered', (rdd, compare) => rdd.takeOrdered(2, compare)],
  ['max', (rdd, compare) => rdd.max(compare)],
  ['min', (rdd, compare) => rdd.min(compare)],
  ['sortBy', (rdd, compare) => rdd.sortBy((n: number) => n, true, 2, compare).collect()],
  [
    'sortByKey',
    (rdd, compare) =>
      rdd
        .map((n) => [n, n])
        .sortByKey(true, 1, compare)
        .collect(),
  ],
  [
    'repartitionAndSortWithinPartitions',
    (rdd, compare) =>
      rdd
        .map((n) => [n, n])
        .repartitionAndSortWithinPartitions(new HashPartitioner(1), compare)
        .collect(),
  ],
  [
    'filterByRange',
    (rdd, compare) =>
      rdd
        .map((n) => [n, n])
        .filterByRange(1, 3, compare)
        .collect(),
  ],
]
for (const [what, use] of orders)
  test(`${what} with an order that answers with no number fails, and sorts nothing by it`, async () => {
    const wrong: readonly [(a: number, b: number) => unknown, string][] = [
      [async (a, b) => a - b, 'E_ASYNC'],
      [(a, b) => a > b, 'E_ORDER'],
      [() => NaN, 'E_ORDER'],
      [() => undefined, 'E_ORDER'],
    ]
    for (const [compare, code] of wrong) {
      const error = await failure(
        (input) => input().transform((rdd: RDD<any>) => (use(rdd, compare as never), rdd)),
        [[3, 1, 2, 4]],
      )
      assert.equal(error.code, code, error.message)
    }
  })

const forgotten: readonly [what: string, use: (rdd: RDD<number>, act: () => Promise<void>) => void][] = [
  ['foreach', (rdd, act) => void rdd.foreach(act)],
  ['foreachPartition', (rdd, act) => void rdd.foreachPartition(act)],
  ['foreachAsync', (rdd, act) => void rdd.foreachAsync(act)],
  ['foreachPartitionAsync', (rdd, act) => void rdd.foreachPartitionAsync(act)],
]
for (const [what, use] of forgotten) {
  test(`${what} in foreachRDD is waited for, also where its promise is forgotten`, async () => {
    let ended = 0
    const whenShown: number[] = []
    await runBatches(
      (input) => {
        const stream = input()
        stream.foreachRDD((rdd) => use(rdd, async () => void (await pause(), ended++)))
        // Outputs of a batch run one after the other.
        stream.foreachRDD(() => void whenShown.push(ended))
        return stream
      },
      [[1, 2, 3]],
    )
    assert.deepEqual(whenShown, [3])
  })

  test(`${what} in foreachRDD that fails and is forgotten fails the output, and does not end the process`, async () => {
    const { errors } = await runBatches(
      (input) => {
        input().foreachRDD((rdd) =>
          use(rdd, async () => {
            await pause()
            throw new Error('away')
          }),
        )
        return input()
      },
      [[1, 2, 3]],
    )
    assert.match(String(errors[0]?.message), /away/)
  })
}

test('a failure that foreachRDD catches itself is its own', async () => {
  const { errors } = await runBatches(
    (input) => {
      input().foreachRDD(async (rdd) => {
        await rdd.foreach(async () => Promise.reject(new Error('away'))).catch(() => {})
      })
      return input()
    },
    [[1, 2, 3]],
  )
  assert.deepEqual(errors, [])
})

const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

const many: Record<string, (input: DStream<any>, f: (given: any) => any) => DStream<any>> = {
  flatMap: (input, f) => input.flatMap(f),
  flatMapValues: (input, f) => input.map((n) => ['k', n] as [string, number]).flatMapValues(f),
  mapPartitions: (input, f) => input.mapPartitions((records) => f([...records].at(-1))),
  zipPartitions: (input, f) =>
    input.transform((rdd) => rdd.zipPartitions(rdd, (records: Iterable<unknown>) => f([...records].at(-1)))),
  updateStateByKey: (input, f) =>
    input
      .map((n) => ['k', n] as [string, number])
      .updateStateByKey(StateUpdate.entries((entries) => f([...entries].at(-1)?.[1].at(-1)) as never)),
}

for (const [operator, made] of Object.entries(many))
  for (const [what, answer] of [
    ['nothing', undefined],
    ['null', null],
    ['a number', 5],
    ['an object', { n: 1 }],
  ] as const)
    test(`a function of ${operator} that gives ${what} where it gives many is E_ITERABLE, with its line`, async () => {
      // Only for a record far behind those that are looked at closely.
      const records = [Array.from({ length: 200 }, (_, i) => i)]
      const error = await failure((input) => made(input(), (n) => (n > 150 ? answer : [])), records)
      assert.equal(error.code, 'E_ITERABLE', error.message)
      assert.match(error.message, what === 'nothing' ? /returns undefined/ : new RegExp(`returns ${what}`))
      assert.match(String(error.where.place), /answers\.test\.ts:\d+/)
      assert.ok(error.where.operator)
    })

const waiting: Record<string, (rdd: RDD<any>) => unknown> = {
  foreach: (rdd) => rdd.foreach(async () => {}),
  foreachPartition: (rdd) => rdd.foreachPartition(async () => {}),
  runJob: (rdd) => rdd.sparkContext.runJob(rdd, async () => 1),
  fold: (rdd) => rdd.fold(0, (async () => 1) as never),
}

for (const [action, act] of Object.entries(waiting))
  test(`an asynchronous ${action} inside transform is E_ASYNC, with its line`, async () => {
    const build: Build = (input) =>
      input().transform((rdd) => {
        void act(rdd)
        return rdd
      })
    const error = await failure(build, [[1, 2, 3]])
    assert.equal(error.code, 'E_ASYNC', error.message)
    assert.match(String(error.where.place), /answers\.test\.ts:\d+/)
  })

test('a record that is a list which was revoked is no promise, and is refused where it is shown', async () => {
  const { proxy, revoke } = Proxy.revocable([], {})
  revoke()
  const shown = await failure((input) => input().map(() => [1, proxy]), [[1]])
  assert.equal(shown.code, 'E_NOT_SERIALISABLE', shown.message)
})
