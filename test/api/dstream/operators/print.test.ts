import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runBatches } from '../../../support/run.ts'

const RULE = '-'.repeat(43)

/** What `print` writes of these batches, without rules, times and blank lines. */
async function printed(batches: readonly unknown[][], count?: number): Promise<string[][]> {
  const run = await runBatches((input, context) => {
    input().print(count)
    return input().transform(() => context.sparkContext.emptyRDD())
  }, batches)
  return run.text
    .split(`${RULE}\nTime: `)
    .slice(1)
    .map((block) => block.trim().split('\n').slice(2))
}

test('print shows the first ten records of a batch, and says that there are more', async () => {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
  const texts = (count: number): string[] => numbers(count).map(String)
  assert.deepEqual(await printed([numbers(10), numbers(11), [], numbers(30)]), [
    texts(10),
    [...texts(10), '...'],
    [],
    [...texts(10), '...'],
  ])
})

test('print of a number shows so many', async () => {
  assert.deepEqual(await printed([['a', 'b'], ['c']], 1), [['a', '...'], ['c']])
  assert.deepEqual(await printed([['a'], []], 0), [['...'], []])
})

test('print writes the time of the batch between rules, and ends with a blank line', async () => {
  const run = await runBatches(
    (input) => {
      input().print()
      return input()
    },
    [[['a', 1]]],
  )
  assert.equal(run.text, `${RULE}\nTime: 1700000001000 ms\n${RULE}\n(a,1)\n\n`)
})

test('pprint writes the time and the records as Python does', async () => {
  const run = await runBatches(
    (input) => {
      input().pprint(1)
      return input()
    },
    [[['a', 1], 'b']],
  )
  const at = new Date(1_700_000_001_000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')
  assert.equal(run.text, `${RULE}\nTime: ${day} ${time}\n${RULE}\n('a', 1)\n...\n\n`)
})
