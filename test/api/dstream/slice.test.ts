import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DStream, milliseconds, seconds, Time } from '../../../lib/index.ts'
import { BATCH_MS, runBatches, START } from '../../support/run.ts'

const LAST = 15
/** The n-th batch has the number n. */
const numbers = Array.from({ length: LAST }, (_, i) => [i + 1])
const at = (batch: number): Time => new Time(START + batch * BATCH_MS)
const upTo = (first: number, last: number): number[][] =>
  Array.from({ length: last - first + 1 }, (_, i) => [first + i])

/** What a slice has, asked for while the last batch is shown; `remembered`: what the context remembers, s. */
async function sliced(
  streamOf: (input: DStream<number>) => DStream<any>,
  [from, to]: readonly [Time, Time],
  remembered = 1,
): Promise<unknown[][]> {
  let found: Promise<unknown[][]> = Promise.resolve([])
  const run = await runBatches((input, context) => {
    context.remember(seconds(remembered))
    const stream = streamOf(input())
    stream.foreachRDD(() => {})
    input().foreachRDD(async (_rdd, time) => {
      if (!time.equals(at(LAST))) return
      found = stream.slice(from, to).then((rdds) => rdds.map((rdd) => rdd.collect()))
      await found.catch(() => {})
    })
    return input()
  }, numbers)
  assert.deepEqual(run.errors, [])
  return found
}

test('a slice has the batches from its first time to its last; times between belong to the batch before', async () => {
  const same = (input: DStream<number>): DStream<number> => input
  assert.deepEqual(await sliced(same, [at(8), at(11)]), upTo(8, 11))
  assert.deepEqual(await sliced(same, [at(8).plus(milliseconds(999)), at(11).plus(milliseconds(1))]), upTo(8, 11))
  assert.deepEqual(await sliced(same, [at(12), at(11)]), [])
})

test('ten batches can be had whatever is remembered, and all that are', async () => {
  const same = (input: DStream<number>): DStream<number> => input
  assert.deepEqual(await sliced(same, [at(1), at(LAST)]), upTo(LAST - 9, LAST))
  assert.deepEqual(await sliced(same, [at(1), at(LAST)], 12), upTo(LAST - 11, LAST))
})

test('a slice of state is as it was then, and of a window what was in it, at the times of the window', async () => {
  const sums = (input: DStream<number>): DStream<any> =>
    input
      .map((n): [string, number] => ['sum', n])
      .updateStateByKey<number>((values, sum) => values.reduce((a, b) => a + b, sum ?? 0))
  assert.deepEqual(await sliced(sums, [at(13), at(14)]), [[['sum', 91]], [['sum', 105]]])
  const windows = (input: DStream<number>): DStream<number> => input.window(seconds(3), seconds(2))
  assert.deepEqual(await sliced(windows, [at(11), at(14)]), [
    [8, 9, 10],
    [10, 11, 12],
    [12, 13, 14],
  ])
})

test('of batches that have not come a thousand may be asked for beyond the next one, and no more', async () => {
  const same = (input: DStream<number>): DStream<number> => input
  const ahead = await sliced(same, [at(LAST), at(LAST + 1001)])
  assert.deepEqual([ahead.length, ahead[0]], [1002, [LAST]])
  await assert.rejects(sliced(same, [at(LAST), at(LAST + 1002)]), { code: 'E_ARGUMENT' })
})
