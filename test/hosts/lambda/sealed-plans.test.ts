import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { systemRandom } from '../../../lib/adapters/local/system-random.ts'
import { answerTaskCall } from '../../../lib/hosts/functions/task-calls.ts'
import { FunctionPlanner } from '../../../lib/hosts/lambda/function-planner.ts'
import type { BuiltApp } from '../../../lib/hosts/program/built-program.ts'
import { StreamingContext } from '../../../lib/index.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { fingerprint } from '../../../lib/plan/fingerprint.ts'
import { programFacts } from '../../../lib/plan/program-facts.ts'
import { type PlannedBatch, type PlanRequest, withEnds } from '../../../lib/runtime/planner.ts'
import { TaskProgram } from '../../../lib/runtime/task/program.ts'
import type { Source } from '../../../lib/source/source.ts'
import { localFunctions } from '../../adapters/aws/local-functions.ts'
import { request as firstRequest } from '../../support/planned-program.ts'
import { functionHost } from '../functions/function-host.ts'

/** From where on numbers are read, and up to where, once that is known. */
type Numbers = { readonly from: number; readonly until?: number }

/** Where its batches end is found by reading. */
const numbers: Source<number, number, Numbers> = {
  name: 'Numbers',
  discovers: true,
  cut: async ({ position }) => ({ position: position ?? 0, splits: [{ from: position ?? 0 }], records: null }),
  read: async function* (split, _io, ended) {
    const until = split.until ?? split.from + 3
    yield Array.from({ length: until - split.from }, (_, i) => split.from + i)
    ended?.({ ...split, until })
  },
  sealed: (position, [split]) => split?.until ?? position,
  weight: () => 100,
}

const request: PlanRequest = { ...firstRequest, smallBytes: 1000, mayRun: true }

/** A planner of numbers, and what its task function was asked for. */
async function planner(t: TestContext, change: (value: any) => any = (value) => value) {
  const context = new StreamingContext({ 'spark.app.name': 'test', 'spark.master': 'local[2]' }, 1000, { hosted: true })
  context.source('numbers', numbers).foreachRDD(() => {})
  context.graph.assignUids()
  const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  const facts = programFacts(context.graph, {})
  const app = { name: 'test', context, program, facts } as BuiltApp
  const blobs = new MemoryBlobStore()
  const host = await functionHost('test', program.fingerprint, blobs)
  const asked: (string | undefined)[] = []
  const functions = await localFunctions(t, {
    task: async (call) => {
      asked.push(call.kind)
      const answer = structuredClone(await answerTaskCall(call, app, host)) as { value: any }
      return call.kind === 'plan' ? { value: { ...answer.value, value: change(answer.value.value) } } : answer
    },
  })
  const own = { functions, blobs, random: systemRandom }
  return { asked, planner: new FunctionPlanner(own, 'task', { app: 'test', facts }, new AbortController().signal) }
}

/** The batch as the coordinator goes on with it, if the attempt counts that was made where it was planned. */
async function ranAt(planner: FunctionPlanner): Promise<PlannedBatch> {
  const planned = await planner.plan(request)
  assert.equal(planned.kind, 'planned')
  const { report, plan } = planned.batch
  assert.equal(report?.kind, 'done')
  return { ...planned.batch, plan: withEnds(plan, [report]) }
}

const read = (from: number, until: number) => ({
  numbers: { position: until, splits: [{ from, until }], records: null },
})

test('a batch that was run where it was planned is sealed by that answer: nobody is asked again', async (t) => {
  const { asked, planner: under } = await planner(t)
  const sealed = await under.seal(await ranAt(under))
  assert.deepEqual([sealed.positions, sealed.plan.cuts, sealed.plan.ends], [{ numbers: 3 }, read(0, 3), undefined])
  assert.deepEqual(asked, ['plan'])
})

test('where another attempt counts, which read further, the batch is sealed with what that one found', async (t) => {
  const { asked, planner: under } = await planner(t)
  const ran = await ranAt(under)
  const ends = { numbers: { [JSON.stringify({ from: 0 })]: { from: 0, until: 5 } } }
  const sealed = await under.seal({ ...ran, plan: { ...ran.plan, ends } })
  assert.deepEqual([sealed.positions, sealed.plan.cuts], [{ numbers: 5 }, read(0, 5)])
  assert.deepEqual(asked, ['plan', 'seal'])
})

test('of a plan that is made once more only its own sealing counts', async (t) => {
  const { asked, planner: under } = await planner(t)
  const first = await ranAt(under)
  await ranAt(under)
  assert.deepEqual((await under.seal(first)).positions, { numbers: 3 })
  assert.deepEqual(asked, ['plan', 'plan', 'seal'])
})

test('B47: a sealed batch that comes with a plan and cannot be used is not believed', async (t) => {
  const { planner: under } = await planner(t, (value) => ({ ...value, sealed: { ...value.sealed, positions: null } }))
  const ran = await ranAt(under)
  await assert.rejects(under.seal(ran), (error) => hasCode(error, 'E_TASK_ANSWER'))
})
