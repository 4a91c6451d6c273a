import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Trial } from '../../../lib/model/task.ts'
import { fingerprint } from '../../../lib/plan/fingerprint.ts'
import { TaskProgram } from '../../../lib/runtime/task/program.ts'
import { runTask } from '../../../lib/runtime/task/run-task.ts'
import { storedState, takeAway } from '../../support/away-store.ts'
import { firstPlan, numbered } from '../../support/first-plan.ts'
import { launched } from '../../support/launched-program.ts'
import { newContext } from '../../support/run.ts'

test('a function that throws while the stages of a task are made fails the task, which is not lost', async () => {
  const context = newContext(
    (input) =>
      input().transform(() => {
        throw new Error('no lineage today')
      }),
    [['a']],
    { splits: 1 },
  )
  context.graph.assignUids()
  const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  const plan = firstPlan(program, numbered(1))
  const work = [{ stage: 0, partitions: [0] }]
  const spec = { plan, task: 's0.t0', exec: 0, attempt: 0, work, inputs: {}, staged: true }
  const report = await runTask(spec, program, launched().host)
  assert.equal(report.kind, 'failed')
  assert.deepEqual([report.error.code, report.error.fault, report.task], ['E_USER_CODE', 'program', 's0.t0'])
  assert.match(report.error.message, /no lineage today/)
})

test('a store that is away while a trial runs is not a record that makes a function throw', async () => {
  const context = newContext(
    (input) =>
      input()
        .map((word: string): [string, number] => [word, 1])
        .updateStateByKey<number>((ones, sum) => ones.length + (sum ?? 0), { name: 'sums' }),
    [['a']],
    { splits: 1 },
  )
  context.graph.assignUids()
  const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  const plan = { ...firstPlan(program, numbered(1)), state: { sums: storedState } }
  const { host } = launched()
  takeAway(host.blobs)
  const trials: readonly Trial[] = [
    { kind: 'prefix', take: {} },
    { kind: 'blame', starts: {}, without: [], max: 1 },
  ]
  for (const trial of trials) {
    const spec = { plan, task: 'try1', exec: 0, attempt: 0, work: [], inputs: {}, staged: false, trial }
    const report = await runTask(spec, program, host)
    assert.equal(report.kind, 'failed', trial.kind)
    assert.deepEqual([report.error.code, report.error.fault], ['E_BLOB_UNREACHABLE', 'store'], trial.kind)
  }
})
