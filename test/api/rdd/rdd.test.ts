import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HashPartitioner } from '../../../lib/shuffle/partitioner.ts'
import { StorageLevel } from '../../../lib/api/rdd/storage-level.ts'
import { gives, law, newContext, refuses } from './sentences.ts'

gives('map changes each record', (sc) => sc.parallelize([1, 2, 3], 2).map((x) => x * 2), [2, 4, 6])
gives('filter keeps what holds', (sc) => sc.parallelize([1, 2, 3, 4], 3).filter((x) => x % 2 === 0), [2, 4])
gives(
  'flatMap makes any number of records of one',
  (sc) => sc.parallelize(['a b', '', 'c'], 2).flatMap((line) => line.split(' ').filter(Boolean)),
  ['a', 'b', 'c'],
)
gives(
  'mapPartitions sees each partition once, empty ones too',
  (sc) => sc.parallelize([1, 2, 3], 5).mapPartitions((records) => [[...records].length]),
  [0, 1, 0, 1, 1],
)
gives(
  'mapPartitionsWithIndex tells the partition',
  (sc) => sc.parallelize(['a', 'b'], 2).mapPartitionsWithIndex((i, records) => [...records].map((x) => `${i}${x}`)),
  ['0a', '1b'],
)
gives(
  'mapPartitions may be a generator',
  (sc) =>
    sc.parallelize([1, 2], 1).mapPartitions(function* (records) {
      for (const x of records) yield* [x, x]
    }),
  [1, 1, 2, 2],
)
gives('glom shows the partitions', (sc) => sc.parallelize([1, 2, 3, 4, 5], 2).glom(), [
  [1, 2],
  [3, 4, 5],
])
gives('keyBy puts a key before each record', (sc) => sc.parallelize(['ab', 'c']).keyBy((s) => s.length), [
  [2, 'ab'],
  [1, 'c'],
])
gives(
  'keys and values take pairs apart',
  (sc) => [
    sc
      .parallelize([
        ['a', 1],
        ['b', 2],
      ])
      .keys()
      .collect(),
    sc
      .parallelize([
        ['a', 1],
        ['b', 2],
      ])
      .values()
      .collect(),
  ],
  [
    ['a', 'b'],
    [1, 2],
  ],
)
gives(
  'mapValues leaves keys alone',
  (sc) =>
    sc
      .parallelize([
        ['a', 1],
        ['b', 2],
      ])
      .mapValues((n) => n + 1),
  [
    ['a', 2],
    ['b', 3],
  ],
)
gives(
  'flatMapValues repeats the key',
  (sc) =>
    sc
      .parallelize([
        ['a', 2],
        ['b', 0],
      ])
      .flatMapValues((n) => Array(n).fill('x') as string[]),
  [
    ['a', 'x'],
    ['a', 'x'],
  ],
)
gives(
  'union keeps duplicates and order',
  (sc) => sc.parallelize([1, 2]).union(sc.parallelize([2, 3]), sc.emptyRDD()),
  [1, 2, 2, 3],
)
gives(
  'cartesian pairs everything with everything',
  (sc) => sc.parallelize([1, 2], 1).cartesian(sc.parallelize(['a', 'b'], 1)),
  [
    [1, 'a'],
    [1, 'b'],
    [2, 'a'],
    [2, 'b'],
  ],
)
gives(
  'a cartesian product has the product of the partitions',
  (sc) =>
    sc
      .parallelize([1], 3)
      .cartesian(sc.parallelize([1], 4))
      .getNumPartitions(),
  12,
)

law('a chain of narrow operators is the same chain over an array', (sc, random) => {
  const numbers = random.numbers()
  const result = sc
    .parallelize(numbers, random.slices())
    .map((x) => x + 1)
    .filter((x) => x % 3 > 0)
    .flatMap((x) => [x, -x])
    .map((x) => x * 2)
    .collect()
  assert.deepEqual(
    result,
    numbers
      .map((x) => x + 1)
      .filter((x) => x % 3 > 0)
      .flatMap((x) => [x, -x])
      .map((x) => x * 2),
  )
})

test('one module-level function in many pipelines keeps each pipeline to its own', () => {
  const sc = newContext()
  const double = (x: number): number => x * 2
  for (let i = 0; i < 50; i++)
    assert.deepEqual(
      sc
        .parallelize([1])
        .map(double)
        .map((x) => x + i)
        .collect(),
      [2 + i],
    )
  assert.deepEqual(sc.parallelize([1, 0]).filter(Boolean).collect(), [1])
  assert.deepEqual(sc.parallelize([1, 0]).map(Boolean).collect(), [true, false])
})

test('mapValues and filter keep the partitioner, map loses it, partitionBy to the same does nothing', () => {
  const pairs = newContext()
    .parallelize([
      ['a', 1],
      ['b', 2],
    ])
    .partitionBy(3)
  assert.ok(pairs.partitioner?.equals(new HashPartitioner(3)))
  assert.equal(pairs.mapValues((n) => n + 1).filter(() => true).partitioner, pairs.partitioner)
  assert.equal(pairs.map((pair) => pair).partitioner, null)
  assert.equal(pairs.partitionBy(3).node, pairs.node)
})

test('a persisted RDD computes its records once, until it is unpersisted', () => {
  let calls = 0
  const rdd = newContext()
    .parallelize([1, 2, 3], 2)
    .map((x) => {
      calls++
      return x
    })
    .persist()
  assert.equal(rdd.count() + rdd.count(), 6)
  assert.equal(calls, 3)
  rdd.unpersist()
  rdd.count()
  assert.equal(calls, 6)
  rdd.cache().count()
  assert.equal(calls, 9)
})

refuses('a storage level cannot be changed once given', 'E_ARGUMENT', (sc) =>
  sc.range(3).persist(StorageLevel.MEMORY_ONLY).persist(StorageLevel.DISK_ONLY),
)

test('storage levels say what Spark says of them, and any but NONE keeps records', () => {
  const told = Object.entries(StorageLevel).map(([name, level]) => {
    const { useDisk, useMemory, useOffHeap, deserialized, replication } = level
    const flags = [useDisk && 'disk', useMemory && 'memory', useOffHeap && 'off-heap', deserialized && 'objects']
    return [name, [...flags.filter(Boolean), replication].join(' ')]
  })
  assert.deepEqual(Object.fromEntries(told), {
    NONE: '1',
    DISK_ONLY: 'disk 1',
    DISK_ONLY_2: 'disk 2',
    DISK_ONLY_3: 'disk 3',
    MEMORY_ONLY: 'memory objects 1',
    MEMORY_ONLY_2: 'memory objects 2',
    MEMORY_ONLY_SER: 'memory 1',
    MEMORY_ONLY_SER_2: 'memory 2',
    MEMORY_AND_DISK: 'disk memory objects 1',
    MEMORY_AND_DISK_2: 'disk memory objects 2',
    MEMORY_AND_DISK_SER: 'disk memory 1',
    MEMORY_AND_DISK_SER_2: 'disk memory 2',
    OFF_HEAP: 'disk memory off-heap 1',
  })
  for (const [name, level] of Object.entries(StorageLevel)) {
    const rdd = newContext().range(3).persist(level)
    assert.equal(rdd.node.cached, name !== 'NONE', name)
    if (name !== 'NONE' && name !== 'DISK_ONLY')
      assert.throws(() => rdd.persist(StorageLevel.DISK_ONLY), { code: 'E_ARGUMENT' }, name)
  }
})

test('the same storage level may be given twice', () => {
  assert.equal(
    newContext().range(3).persist(StorageLevel.DISK_ONLY).persist(StorageLevel.DISK_ONLY).getStorageLevel(),
    StorageLevel.DISK_ONLY,
  )
})

test('toDebugString shows the lineage with its shuffles', () => {
  const text = newContext()
    .parallelize(['a'], 2)
    .map((word) => [word, 1])
    .reduceByKey((a, b) => a + b, 3)
    .mapValues(String)
    .toDebugString()
  assert.match(text.replaceAll(/ at \S+/g, ''), /^\(3\) mapValues\n +\| reduceByKey\n +\+-\(2\) map\n +\| parallelize$/)
  assert.match(text, /rdd\.test\.ts:\d+:\d+/)
})

test('RDDs have ids in order, names, partitions and a mark for checkpoints', () => {
  const sc = newContext()
  const [a, b] = [sc.range(4), sc.range(4)]
  assert.equal(b.id, a.id + 1)
  assert.equal(a.setName('numbers').name, 'numbers')
  assert.throws(() => a.setName(5 as never), { code: 'E_ARGUMENT', message: /^setName was given 5, and needs a name/ })
  assert.deepEqual(
    a.partitions.map((partition) => partition.index),
    [0, 1, 2, 3],
  )
  assert.equal(a.isCheckpointed(), false)
  a.checkpoint()
  assert.equal(a.isCheckpointed(), true)
  assert.equal(b.localCheckpoint().isCheckpointed(), true)
  assert.equal(a.getCheckpointFile(), null)
})

test('an RDD shows its name, its operator, its number and where it was made', () => {
  const sc = newContext()
  const words = sc.parallelize(['a'])
  assert.match(String(words), new RegExp(`^parallelize\\[${words.id}\\] at test/api/rdd/rdd\\.test\\.ts:\\d+:\\d+$`))
  assert.match(String(words.setName('words')), /^words parallelize\[/)
})

test('toDebugString marks what is persisted, and shows each parent of a join below it', () => {
  const sc = newContext()
  const left = sc.parallelize([['a', 1]], 2).cache()
  const joined = left.union(sc.parallelize([['b', 2]], 3))
  assert.equal(
    joined.toDebugString().replaceAll(/ at \S+/g, ''),
    '(5) union\n   | parallelize [persisted]\n   | parallelize',
  )
})
