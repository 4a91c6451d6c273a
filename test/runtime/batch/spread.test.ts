import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HashPartitioner } from '../../../lib/shuffle/partitioner.ts'
import { type LifeOptions, ProcessLife, World } from '../../support/lives.ts'
import { type Build, textOf } from '../../support/run.ts'

type Pair = [number, number]

const PARTITIONS = 5

/** By key and partition, so that it is known what lies where, however many splits the input has. */
const build: Build = (input) => {
  const spread = input().map((n: number): Pair => [n, n])
  const pairs = spread.partitionBy(PARTITIONS).map(([key, n]: Pair): Pair => [key % 4, n])
  const few = pairs.reduceByKey((a: number, b: number) => a + b, 2)
  const many = pairs.reduceByKey((a: number, b: number) => Math.max(a, b), 7)
  return {
    zeroes: pairs.transform((rdd: any) =>
      rdd.aggregateByKey(
        1000,
        (sum: number, n: number) => sum + n,
        (a: number, b: number) => a + b,
      ),
    ),
    // Of each key, one task alone has records, in two partitions.
    apart: spread.partitionBy(PARTITIONS).transform((rdd: any) =>
      rdd
        .mapPartitionsWithIndex((index: number, all: Iterable<Pair>) => Array.from(all, ([, n]) => [index >> 1, n]))
        .aggregateByKey(
          1000,
          (sum: number, n: number) => sum + n,
          (a: number, b: number) => a + b,
        ),
    ),
    combined: pairs.combineByKey(
      (n: number) => [n],
      (list: number[], n: number) => [...list, n],
      (a: number[], b: number[]) => [...a, ...b],
      new HashPartitioner(3),
    ),
    grouped: pairs.groupByKey(3),
    few,
    both: few.union(many).map((pair: Pair) => pair),
    twice: pairs.union(pairs).countByValue(),
    changed: changedTwice(objectsOf(spread).partitionBy(PARTITIONS)),
    changedAnswers: changedTwice(spread.mapAsync(async ([key, n]: Pair) => [key, { n }])),
    changedStates: changedTwice(
      objectsOf(spread).updateStateByKey(([record]: readonly { n: number }[]) => record, { partitions: 3 }),
    ),
    // Neighbours of one side beside the partition of the same number of the other.
    beside: few.transformWith(many, (two: any, seven: any) =>
      two.zipPartitions(seven.coalesce(2), (a: Pair[], b: Pair[]) => [...a, ...b]),
    ),
    withAll: few.transformWith(many, (two: any, seven: any) => two.cartesian(seven)),
    fewer: many.transform((rdd: any) => rdd.coalesce(3)),
    joined: few.join(many, 6),
    cogrouped: few.cogroup(many, 3).mapValues((sides: unknown[][]) => sides.map((side) => side.length)),
    sorted: spread.transform((rdd: any) => rdd.sortByKey()),
    sums: pairs.updateStateByKey((ns: readonly number[], sum: number | undefined) => ns.length + (sum ?? 0), {
      partitions: 6,
    }),
    recent: pairs.reduceByKeyAndWindow((a: number, b: number) => a + b, 2000, 1000, 3),
  }
}

const objectsOf = (spread: any) => spread.map(([key, n]: Pair) => [key, { n }])

/** What one reader does to a record, the other does not see. */
const changedTwice = (objects: any) =>
  objects.union(objects).map(([key, record]: [number, { n: number }]) => [key, ++record.n])

const batches = Array.from({ length: 3 }, (_, batch) => Array.from({ length: 40 }, (__, i) => i + batch * 7))

async function shownOn(options: Pick<LifeOptions, 'slots' | 'fanOut'>): Promise<Record<string, string[]>> {
  const world = new World()
  await (await ProcessLife.begin(world, build, batches, options)).run()
  const shown: Record<string, string[]> = {}
  for (const { output, batch, records } of world.shown)
    shown[`${output} of batch ${batch}`] = records.map((record) => textOf(inOrder(record))).toSorted()
  return shown
}

/** Values of a key come in the order of map tasks, in which the input lies. */
const inOrder = (record: unknown): unknown => {
  if (!Array.isArray(record) || !Array.isArray(record[1])) return record
  return [record[0], record[1].map(textOf).toSorted()]
}

test('tasks of several partitions each come to what one task comes to, whatever they shuffle', async () => {
  const alone = await shownOn({ slots: 1 })
  assert.ok(Object.keys(alone).length === 54 && Object.values(alone).every((rows) => rows.length > 0))
  for (const slots of [2, 3]) assert.deepEqual(await shownOn({ slots }), alone)
})

test('blocks that travel with requests, section by section, come to the same', async () => {
  const travelling = await shownOn({ slots: 3, fanOut: { taskBytes: 6, inlineBytes: 2 ** 20 } })
  assert.deepEqual(travelling, await shownOn({ slots: 1 }))
})

for (const output of ['changed', 'changedAnswers', 'changedStates'])
  test(`what two readers do to records of one node, each does to records of its own: ${output}`, async () => {
    for (const slots of [1, 2])
      for (const row of (await shownOn({ slots }))[`${output} of batch 1`]) {
        const [key, n] = JSON.parse(row) as Pair
        assert.equal(n, key + 1)
      }
  })

test('a map side that does not fit in memory is written once, piece by piece', async () => {
  const keys = 1_700_000
  const many: Build = (input, context) => {
    const pairs = context.sparkContext.range(0, keys, 1, 3).map((n): Pair => [n, 1])
    return input()
      .transform(() => pairs.reduceByKey((a, b) => a + b, 2))
      .map(([, n]: Pair) => n)
      .reduce((a: number, b: number) => a + b)
  }
  const world = new World()
  await (await ProcessLife.begin(world, many, [[0]])).run()
  assert.deepEqual(world.shown[0].records, [keys])
})
