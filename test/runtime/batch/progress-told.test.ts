import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runStages } from '../../../lib/runtime/batch/run-stages.ts'
import { firstBatch } from './first-batch.ts'

test('of four records that two stages read it is told that four are read, and not more than there are', async () => {
  const readers = new Set<string>()
  const { run, progress } = firstBatch(async (spec, honest) => {
    const answer = await honest()
    if (answer.kind === 'done' && Object.keys(answer.records).length > 0) readers.add(`${spec.work[0].stage}`)
    return answer
  })
  let [read, tasks] = [0, 0]
  const watch = {
    began: () => {},
    read: (records: number) => void (read += records),
    done: (more: number) => void (tasks += more),
    ended: () => {},
  }
  await runStages({ ...run, watch }, progress)
  assert.ok(readers.size >= 2, 'more than one stage reads the source')
  assert.equal(read, 4)
  assert.equal(
    tasks,
    run.stages.reduce((sum, { partitions }) => sum + partitions, 0),
  )
})
