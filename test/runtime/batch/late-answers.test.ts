import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TaskReport } from '../../../lib/model/task.ts'
import { runStages, type TaskDone } from '../../../lib/runtime/batch/run-stages.ts'
import { SluiceError } from '../../../lib/model/errors.ts'
import { firstBatch } from './first-batch.ts'

/** Runs the first batch on two slots; what was done for nothing, by task, and what it came to. */
async function run(
  launch: Parameters<typeof firstBatch>[0],
): Promise<{ late: string[]; answers: TaskDone[] | null; asked: string[] }> {
  const asked: string[] = []
  const late: string[] = []
  const { run: first, progress } = firstBatch((spec, honest) => {
    asked.push(`${spec.exec}.${spec.task}`)
    return launch(spec, honest)
  })
  const heard = { ...first, late: (answer: TaskDone) => void late.push(`${answer.exec}.${answer.task}`) }
  const answers = await runStages(heard, progress).catch(() => null)
  return { late: late.toSorted(), answers, asked }
}

const failed = (spec: { task: string; exec: number }, error: SluiceError): TaskReport => {
  const { code, message, fault } = error
  const said = { code, message, fault, retry: false, where: error.where, did: '', next: [], stack: '', spark: null }
  return { kind: 'failed', task: spec.task, exec: spec.exec, executionId: '', error: said as never }
}

test('what the stages of a batch wrote that then fails is handed over to be discarded, all of it', async () => {
  const { late, answers, asked } = await run(async (spec, honest) =>
    spec.task.startsWith('s0') ? honest() : failed(spec, new SluiceError('E_USER_CODE', 'no')),
  )
  assert.equal(answers, null)
  const maps = [...new Set(asked.filter((each) => each.startsWith('0.s0')))].toSorted()
  assert.ok(maps.length > 0)
  assert.deepEqual(late, maps)
})

test('of a batch that ends well nothing is discarded', async () => {
  const { late, answers } = await run((_spec, honest) => honest())
  assert.deepEqual([late, answers!.length > 0], [[], true])
})
