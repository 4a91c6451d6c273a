import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runBatches } from '../support/run.ts'

const add = (a: number, b: number): number => a + b

test('a batch of 30,000 splits takes time that grows with their number only', { timeout: 100_000 }, async () => {
  const { shown, errors } = await runBatches((source) => source().count(), [[1, 2, 3]], { splits: 30_000 })
  assert.deepEqual(errors, [])
  assert.deepEqual(Object.values(shown), [[[3]]])
})

test(
  '3,000 partitions are dealt out to 3,000: buckets without records take nothing',
  { timeout: 100_000 },
  async () => {
    const { shown, errors } = await runBatches((source) => source().repartition(3000).count(), [[1, 2, 3]], {
      splits: 3000,
    })
    assert.deepEqual(errors, [])
    assert.deepEqual(Object.values(shown), [[[3]]])
  },
)

test('a reduction over 50,000 partitions has its few keys', { timeout: 100_000 }, async () => {
  const { shown, errors } = await runBatches(
    (source) => source().reduceByKey(add, 50_000).count(),
    [
      [
        ['a', 1],
        ['a', 2],
      ],
    ],
  )
  assert.deepEqual(errors, [])
  assert.deepEqual(Object.values(shown), [[[1]]])
})

test('more buckets than a process holds are refused with the line that asks for them', async () => {
  const dealt = await runBatches((source) => source().repartition(1e8), [[1]])
  const reduced = await runBatches((source) => source().reduceByKey(add, 1e8), [[['a', 1]]])
  for (const { errors } of [dealt, reduced]) {
    const [{ code, where, next }] = errors
    assert.equal(code, 'E_PARTITIONS')
    assert.match(where.place, /many-partitions\.test\.ts:\d+/)
    assert.match(next[0], /fewer partitions/)
  }
})

test('signs of life have their turn while a batch reads thousands of splits from memory', async () => {
  let read = 0
  let most = 0
  let before = 0
  const look = (): void => {
    most = Math.max(most, read - before)
    before = read
    timer = setImmediate(look)
  }
  let timer = setImmediate(look)
  const { errors } = await runBatches(
    (_input, context) =>
      context
        .source('splits', {
          name: 'Splits',
          cut: async () => ({ position: 0, splits: Array.from({ length: 5000 }, (_, i) => i), records: 5000 }),
          async *read(split: unknown) {
            read++
            yield [split as number]
          },
        })
        .count(),
    [[]],
  )
  clearImmediate(timer)
  assert.deepEqual(errors, [])
  assert.equal(read, 5000)
  assert.ok(most < 100, `${most} splits were read within one turn of the event loop`)
})
