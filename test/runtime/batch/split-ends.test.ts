import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { memoryIo, sourceContract } from '../../../lib/testing/contracts/source.ts'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'
import { growingSource, OpenLog } from '../../support/open-log.ts'
import { openBuild } from '../../support/open-program.ts'
import { type Run, type RunOptions, runBatches } from '../../support/run.ts'

sourceContract(
  'a source whose splits end where reading finds it',
  async () => {
    const clock = new ManualClock()
    const log = new OpenLog(1)
    return {
      source: log.source(),
      clock,
      io: memoryIo(clock),
      feed: async (records) => {
        log.partitions[0].push(...records)
      },
      restarted: async () => log.source(),
    }
  },
  { discovers: true },
)

const BATCHES = 6
const empty = Array.from({ length: BATCHES }, () => [])

/** All outputs of a batch show the same numbers, and over all batches each number comes once and in order. */
function assertOneRange({ shown, errors }: Run): void {
  assert.deepEqual(errors, [])
  const at = [0, 0, 0]
  for (let batch = 0; batch < BATCHES; batch++) {
    const numbers = shown['numbers'][batch] as number[]
    for (const n of numbers) assert.equal(n, at[n % 3]++ * 3 + (n % 3), `batch ${batch + 1}`)
    assert.ok(numbers.length >= 9)
    assert.deepEqual(shown['twice'][batch], [...numbers, ...numbers])
    const sums = [0, 1, 2].map((p) => [p, numbers.filter((n) => n % 3 === p).reduce((a, b) => a + b, 0)])
    assert.deepEqual(
      (shown['sums'][batch] as [number, number][]).toSorted(([a], [b]) => a - b),
      sums,
    )
    assert.deepEqual(
      shown['counted'][batch],
      numbers.map((n) => [n, numbers.length]),
    )
  }
}

const module = fileURLToPath(import.meta.resolve('../../support/open-program.ts'))

for (const [where, options] of [
  ['in one task', {}],
  ['in task threads', { lives: [{ batches: BATCHES, workers: 2 }], module, args: ['2'] }],
] as const satisfies readonly (readonly [string, RunOptions])[])
  test(`outputs, a union with itself and an action see one range of a source without ends, ${where}`, async () => {
    assertOneRange(await runBatches(openBuild, empty, options))
  })

test('after a restart the next batch begins where the last committed one ended', async (t) => {
  const lives = [{ batches: 2 }, { batches: 1, workers: 2 }, { batches: BATCHES - 3 }]
  assertOneRange(await runBatches(openBuild, empty, { lives, module, args: ['2'], dir: await temporaryFolder(t) }))
})

test('who takes only the first records of a batch has taken the batch', async () => {
  const { shown, errors } = await runBatches((_input, ssc) => {
    const numbers = ssc.source('numbers', growingSource(1))
    return numbers.transform((rdd) => ssc.sparkContext.parallelize(rdd.take(1)))
  }, empty)
  assert.deepEqual(errors, [])
  const firsts = (shown['out'] as number[][]).flat()
  assert.equal(firsts.length, BATCHES)
  assert.ok(
    firsts.every((n, i) => i === 0 || n > firsts[i - 1] + 2),
    `${firsts.join()}`,
  )
})

test('beside a source whose splits have their ends, one without ends goes on from batch to batch as well', async () => {
  const batches = empty.map((_, i) => [i])
  const { shown, errors } = await runBatches(
    (input, ssc) => ({ beside: input(), numbers: ssc.source('numbers', growingSource(1)) }),
    batches,
  )
  assert.deepEqual([errors, shown['beside']], [[], batches])
  const numbers = (shown['numbers'] as number[][]).flat()
  assert.ok(numbers.length > BATCHES)
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i),
  )
})

test('a source that does not say where a split ended makes its batch fail', async () => {
  const { errors } = await runBatches((_input, ssc) => {
    const { cut, read, ...rest } = growingSource(1)
    return ssc.source('numbers', { ...rest, cut, read: (split, io) => read(split, io) })
  }, empty)
  assert.match(String(errors[0]), /A split was read to its end, but not where that is/)
  assert.equal((errors[0] as { code: string }).code, 'E_SOURCE_END')
})
