import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { systemRandom } from '../../../lib/adapters/local/system-random.ts'
import type { BuiltApp } from '../../../lib/hosts/program/built-program.ts'
import { answerTaskCall } from '../../../lib/hosts/functions/task-calls.ts'
import { describedProgram, FunctionPlanner } from '../../../lib/hosts/lambda/function-planner.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { programFacts } from '../../../lib/plan/program-facts.ts'
import { plannerContract } from '../../../lib/testing/contracts/index.ts'
import { localFunctions } from '../../adapters/aws/local-functions.ts'
import { launched } from '../../support/launched-program.ts'
import { plannedProgram, request } from '../../support/planned-program.ts'
import { functionHost } from '../functions/function-host.ts'

type Json = any
type Change = (answer: Json) => Json
type Kind = 'describe' | 'plan' | 'seal'

/** A planner whose task function answers each call of one kind with something else than it should. */
async function planner(t: Parameters<typeof localFunctions>[0], kind: Kind, change: Change) {
  const { program, context } = launched()
  const blobs = new MemoryBlobStore()
  const facts = programFacts(context.graph, {})
  const app = { name: 'test', context, program, facts } as BuiltApp
  const host = await functionHost('test', program.fingerprint, blobs)
  const functions = await localFunctions(t, {
    task: async (call) => {
      const answer = await answerTaskCall(call, app, host)
      return call.kind === kind ? { value: change(structuredClone((answer as { value: Json }).value)) } : answer
    },
  })
  const own = { functions, blobs, random: systemRandom }
  return {
    describe: () => describedProgram(own, 'task'),
    planner: new FunctionPlanner(own, 'task', { app: 'test', facts }, new AbortController().signal),
    blobs,
  }
}

const notAnAnswer: readonly (readonly [sentence: string, change: Change])[] = [
  ['nothing', () => null],
  ['a text', () => 'done'],
  ['another kind', (answer) => ({ ...answer, kind: 'forged' })],
  ['an error that is none', () => ({ kind: 'failed', error: { code: 'E_X' } })],
  ['no value', () => ({ kind: 'done' })],
]
const inValue =
  (change: Change): Change =>
  (answer) => ({ ...answer, value: change(answer.value) })
const inPlan = (change: Change): Change =>
  inValue((value) => ({ ...value, planned: { ...value.planned, batch: change(value.planned.batch) } }))
const foreign = { key: 'other/i1/dlq/1/x', len: 1, crc: 1 }
const foreignCuts = {
  deeds: { position: null, splits: [{ 'sluice.deadLetters': { ref: foreign, ids: [] } }], records: 0 },
}

const forged: readonly (readonly [kind: Kind, sentence: string, change: Change])[] = [
  ...(['describe', 'plan', 'seal'] as const).flatMap((kind) =>
    notAnAnswer.map(([sentence, change]) => [kind, sentence, change] as const),
  ),
  ['describe', 'a graph without operators', inValue((value) => ({ ...value, facts: { ...value.facts, graph: {} } }))],
  ['describe', 'outputs of no order', inValue((value) => ({ ...value, facts: { ...value.facts, outputs: [{}] } }))],
  ['plan', 'no plan', inValue((value) => ({ ...value, planned: null }))],
  ['plan', 'objects to delete that are no list', inValue((value) => ({ ...value, unneeded: 'all' }))],
  [
    'plan',
    'a failure that is no error',
    inValue((value) => ({
      ...value,
      planned: { kind: 'failed', facts: { cuts: {}, actions: {}, positions: {}, settled: [] }, error: { code: 'E_X' } },
    })),
  ],
  ['plan', 'stages that are none', inPlan((batch) => ({ ...batch, stages: [{ id: -1 }] }))],
  ['plan', 'letters of another app', inPlan((batch) => ({ ...batch, plan: { ...batch.plan, cuts: foreignCuts } }))],
  ['seal', 'letters of another app', inValue((value) => ({ ...value, plan: { ...value.plan, cuts: foreignCuts } }))],
  ['seal', 'records to skip that do not rise', inValue((value) => ({ ...value, plan: { ...value.plan, skip: [2] } }))],
  ['seal', 'no positions', inValue((value) => ({ ...value, positions: null }))],
]

for (const [kind, sentence, change] of forged) {
  test(`B47: a task function that answers "${kind}" with ${sentence} is not believed`, async (t) => {
    const asked = await planner(t, kind, change)
    const answer =
      kind === 'describe'
        ? asked.describe()
        : asked.planner.plan(request).then((planned) => asked.planner.seal((planned as Json).batch))
    await assert.rejects(answer, (error) => hasCode(error, 'E_TASK_ANSWER') || hasCode(error, 'E_REF_SCOPE'))
  })
}

test('what a task function plans and seals is what the coordinator goes on with', async (t) => {
  const { describe, planner: honest } = await planner(t, 'seal', (answer) => answer)
  assert.equal((await describe()).app, 'test')
  const planned = await honest.plan(request)
  assert.equal(planned.kind, 'planned')
  assert.deepEqual((await honest.seal(planned.batch)).plan.cuts, planned.batch.plan.cuts)
})

test('of what a task function says is not needed, only what sources of the app were given room for goes', async (t) => {
  const { app, inc } = request.head
  const received = `${app}/${inc}/rcv/deeds/blocks/run/000000000000-1`
  const others = [`${app}/${inc}/man/ab/1/n.json`, `${app}/i0/rcv/deeds/blocks/run/0-1`, `other/${inc}/rcv/deeds/x`]
  const unneeded = [received, ...others, 'no key']
  const asked = await planner(
    t,
    'plan',
    inValue((value) => ({ ...value, unneeded })),
  )
  for (const key of [received, ...others]) await asked.blobs.putNew(key, Uint8Array.of(1))
  await asked.planner.plan(request)
  assert.deepEqual((await asked.blobs.list('')).toSorted(), others.toSorted())
})

plannerContract('planned by the task function', async (t, does) => {
  const { program, context, host, request: first, asked } = plannedProgram(does)
  const facts = programFacts(context.graph, {})
  const app = { name: 'test', context, program, facts } as BuiltApp
  const around = await functionHost('test', program.fingerprint, host.blobs)
  const functions = await localFunctions(t, { task: (call) => answerTaskCall(call, app, around) })
  const own = { functions, blobs: host.blobs, random: systemRandom }
  const described = { app: 'test', facts }
  return { planner: new FunctionPlanner(own, 'task', described, new AbortController().signal), request: first, asked }
})
