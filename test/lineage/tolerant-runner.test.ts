import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SparkContext } from '../../lib/api/rdd/spark-context.ts'
import { RDD } from '../../lib/api/rdd/rdd.ts'
import { encodeRecords } from '../../lib/source/receiver/block-writer.ts'
import { storedNode } from '../../lib/lineage/leaves.ts'
import { TolerantRunner } from '../../lib/lineage/tolerant-runner.ts'
import { SluiceError } from '../../lib/model/errors.ts'

/** What a driver function is given: partitions of records, and what it was shown without afterwards. */
function given<T>(partitions: readonly (readonly T[])[], max = 100) {
  const refs = partitions.map((_, i) => ({ key: `part-${i}`, len: 0, crc: 0 }))
  const loaded = new Map(partitions.map((records, i) => [refs[i].key, encodeRecords(records)]))
  const runner = new TolerantRunner({ loaded, counts: partitions.map((records) => records.length), max })
  const context = new SparkContext({ appName: 'given', master: 'local[2]' })
  return {
    context,
    rdd: new RDD<T>(context, runner.sifted(storedNode<T>(refs)), runner),
    left: () => runner.setAside((partition, index) => partitions[partition][index]).map(({ record }) => record),
  }
}

const failing = (bad: number) => (n: number) => {
  if (n === bad) throw new RangeError(String(n))
  return n
}

test('records that fail on their own are left out, in every partition, and later actions do not see them', () => {
  const { rdd, left } = given([[1, 2, 3], [4, 5], [6]])
  assert.deepEqual(rdd.map(failing(5)).map(failing(1)).collect(), [2, 3, 4, 6])
  assert.deepEqual(left(), [1, 5])
  assert.equal(rdd.count(), 4)
  assert.equal(rdd.filter((n) => failing(6)(n) > 2).count(), 2)
  assert.deepEqual(left(), [1, 5, 6])
})

test('an action whose own function fails, and one behind a shuffle, leave out the record that it fails for', () => {
  const { rdd, left } = given([
    ['a', 'bb', 'a'],
    ['ccc', 'bb'],
  ])
  const seen: string[] = []
  rdd.foreach((word) => {
    if (word === 'ccc') throw new Error('three')
    seen.push(word)
  })
  assert.ok(['a', 'bb', 'a', 'bb'].every((word) => seen.includes(word)))
  assert.deepEqual(left(), ['ccc'])
  const counts = rdd
    .map((word) => [word, 1] as [string, number])
    .reduceByKey((a, b) => a + b)
    .map(([word, n]) => {
      if (word === 'bb' && n === 2) throw new Error('two of them')
      return [word, n]
    })
    .collect()
  assert.deepEqual(
    new Map(counts),
    new Map([
      ['a', 2],
      ['bb', 1],
    ]),
  )
  assert.deepEqual(left(), ['ccc', 'bb'])
})

test('a function of whole partitions is found by the shortest beginning that fails', () => {
  const { rdd, left } = given([
    [1, 2, 3, 4, 5, 6, 7, 8],
    [9, 10],
  ])
  const sums = rdd.mapPartitions((numbers) => {
    let sum = 0
    for (const n of numbers) if ((sum += failing(6)(n)) > 1000) throw new Error('never')
    return [sum]
  })
  assert.deepEqual(sums.collect(), [30, 19])
  assert.deepEqual(left(), [6])
})

test('what fails without any record, and what fails for more than may be left out, throws as it did', () => {
  const { rdd, left } = given([[1, 2]])
  assert.throws(
    () =>
      rdd
        .mapPartitions((): number[] => {
          throw new TypeError('always')
        })
        .collect(),
    /always/,
  )
  assert.deepEqual(left(), [])
  const few = given([[1, 2, 3]], 2)
  assert.throws(
    () =>
      few.rdd
        .map(() => {
          throw new TypeError('each')
        })
        .collect(),
    /each/,
  )
  assert.deepEqual(few.left(), [])
})

test('what tasks add to accumulators counts once, for the records that are left', () => {
  const { rdd, context, left } = given([[1, 2, 3], [4]])
  const sum = context.longAccumulator('sum')
  rdd.foreach((n) => {
    sum.add(n)
    failing(4)(n)
  })
  assert.equal(sum.value, 6)
  assert.deepEqual(left(), [4])
})

test('a place that takes no record at all is away: nothing is left out, and the action throws', () => {
  const { rdd, left } = given([[1], [2, 3]])
  const refused = (): void => {
    throw new Error('connection refused')
  }
  assert.throws(() => rdd.foreach(refused), /connection refused/)
  assert.throws(() => rdd.foreachPartition((records) => [...records].forEach(refused)), /connection refused/)
  assert.deepEqual(left(), [])
})

test('a record whose promise is rejected is left out, and the others are awaited', async () => {
  const { rdd, left } = given([[1, 2, 3], [4, 5], [6]])
  const seen = new Set<number>()
  await rdd
    .filter((n) => n !== 3)
    .foreach(async (n) => {
      await new Promise((resolve) => setImmediate(resolve))
      if (n === 2 || n === 6) throw new RangeError(`no ${n}`)
      seen.add(n)
    })
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    [1, 4, 5],
  )
  assert.deepEqual(left(), [2, 6])
  assert.deepEqual(rdd.collect(), [1, 3, 4, 5])
})

test('a promise of a whole partition that is rejected is found by the shortest beginning', async () => {
  const { rdd, left } = given([
    [1, 2, 3, 4],
    [5, 6],
  ])
  let sum = 0
  await rdd.foreachPartition(async (numbers) => {
    let own = 0
    for (const n of numbers) own += failing(3)(n)
    await new Promise((resolve) => setImmediate(resolve))
    sum += own
  })
  assert.deepEqual(left(), [3])
  assert.ok(sum >= 18)
})

test('where every record is rejected the place is away, and what is no fault of a record throws', async () => {
  const { rdd, left } = given([[1, 2], [3]])
  await assert.rejects(
    rdd.foreach(async () => {
      throw new Error('away')
    }),
    /away/,
  )
  assert.deepEqual(left(), [])
  await assert.rejects(
    rdd.foreachPartition(async () => {
      throw new Error('whatever comes')
    }),
    /whatever comes/,
  )
})

test('promises rejected for more records than may be left out throw what they were rejected with', async () => {
  const { rdd, left } = given([[1, 2, 3, 4]], 2)
  await assert.rejects(
    rdd.foreach(async (n) => void failing(1)(failing(2)(failing(3)(n)))),
    (error) => error instanceof RangeError && error.message === '1',
  )
  assert.deepEqual(left(), [])
})

test('a store that fails while a record is looked for is to blame itself: nothing is left out', async () => {
  for (const failsFrom of [2, 3, 4, 5]) {
    const { rdd, left } = given([[1, 2]])
    let calls = 0
    const work = async (numbers: Iterable<number>): Promise<void> => {
      if (++calls >= failsFrom) throw new SluiceError('E_BLOB_UNREACHABLE', 'the store is away')
      // Each alone is taken, so that beginnings are tried.
      if ([...numbers].length === 2) throw new RangeError('two of them')
    }
    await assert.rejects(rdd.foreachPartition(work), /the store is away/)
    assert.deepEqual(left(), [], `from call ${failsFrom} on`)
  }
})
