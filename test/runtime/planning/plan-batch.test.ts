import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../../lib/model/errors.ts'
import { fingerprint } from '../../../lib/plan/fingerprint.ts'
import { TaskProgram } from '../../../lib/runtime/task/program.ts'
import { storedState, takeAway } from '../../support/away-store.ts'
import { firstPlan, numbered } from '../../support/first-plan.ts'
import { launched } from '../../support/launched-program.ts'
import { newContext } from '../../support/run.ts'
import { LocalPlanner } from '../../../lib/runtime/planning/plan-batch.ts'
import { plannerContract } from '../../../lib/testing/contracts/index.ts'
import { plannedProgram } from '../../support/planned-program.ts'

plannerContract('planned in this process', async (_t, does) => {
  const { program, host, request, asked } = plannedProgram(does)
  return { planner: new LocalPlanner(program, host), request, asked }
})

test('a store that is away while an action inside transform runs is not the fault of its function', async () => {
  const context = newContext(
    (input) =>
      input()
        .map((word: string): [string, number] => [word, 1])
        .updateStateByKey<number>((ones, sum) => ones.length + (sum ?? 0), { name: 'sums' })
        .transform((sums) => {
          const keys = sums.count()
          return sums.filter(() => keys > 0)
        }),
    [['a']],
    { splits: 1 },
  )
  context.graph.assignUids()
  const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  const { host } = launched()
  takeAway(host.blobs)
  const { app, inc, epoch, zeroTime, ...facts } = firstPlan(program, numbered(1))
  const planned = await new LocalPlanner(program, host).plan({
    head: { app, inc, epoch, zeroTime, intervalMs: 1000 },
    base: { time: facts.time - 1000, positions: {}, state: { sums: storedState }, retained: {} },
    input: { kind: 'fixed', facts: { ...facts, positions: {}, settled: [] } },
    slots: 1,
    smallBytes: null,
    mayRun: false,
  })
  assert.equal(planned.kind, 'failed')
  assert.ok(hasCode(planned.error, 'E_BLOB_UNREACHABLE'), String(planned.error))
  assert.deepEqual([planned.error.fault, planned.error.next], ['store', []])
})
