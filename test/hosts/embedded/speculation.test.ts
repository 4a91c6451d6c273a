import assert from 'node:assert/strict'
import { test } from 'node:test'
import { project, sluice } from '../../cli/cli.ts'

const program = `
import { app, milliseconds, TaskContext } from 'sluice'
import { batches } from './numbers.ts'

export default app('words', milliseconds(50), (ssc) => {
  ssc.source('words', batches(['a', 'b', 'c', 'a'])).repartition(3).mapPartitions((words) => {
    const task = TaskContext.get()!
    const nothing = new Int32Array(new SharedArrayBuffer(4))
    if (task.partitionId() === 2 && task.attemptNumber() === 0) Atomics.wait(nothing, 0, 0)
    return words
  }).map((word) => [word, 1] as [string, number]).reduceByKey((a, b) => a + b).print()
}, { conf: { 'spark.speculation': true, 'spark.speculation.quantile': 0.6 } })
`

test('F32: a task that never ends is launched again while its first run hangs, and the batch is whole', async (t) => {
  const folder = await project(t, { 'app.ts': program })
  const { code, stdout, stderr } = await sluice(t, folder, [
    'run',
    'app.ts',
    '--workers',
    '3',
    '--batches',
    '1',
    '--json',
  ])
  assert.equal(code, 0, stderr)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; doing?: string; text?: string })
  assert.equal(lines.filter(({ doing }) => doing === 'task-copied').length, 1)
  assert.deepEqual(
    lines
      .filter(({ type }) => type === 'print')
      .map(({ text }) => text)
      .join('')
      .match(/\(\w,\d\)/g)
      ?.sort(),
    ['(a,2)', '(b,1)', '(c,1)'],
  )
})
