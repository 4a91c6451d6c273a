import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import { test } from 'node:test'
import type { BuiltApp } from '../../../lib/hosts/program/built-program.ts'
import { answerTaskCall } from '../../../lib/hosts/functions/task-calls.ts'
import { type Packed, unpack } from '../../../lib/adapters/aws/lambda/packed.ts'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import type { BlobRef } from '../../../lib/model/refs.ts'
import type { TaskReport, TaskSpec } from '../../../lib/model/task.ts'
import { fingerprint } from '../../../lib/plan/fingerprint.ts'
import { TaskProgram } from '../../../lib/runtime/task/program.ts'
import { firstPlan, numbered } from '../../support/first-plan.ts'
import { newContext } from '../../support/run.ts'
import { assertSilent, SECRET } from '../../support/secret.ts'
import { functionHost } from './function-host.ts'

const FOREIGN = 'other/i1/out/foreign'

/** The task function of the app `mine`, in a store that also holds objects of the app `other`. */
async function deployed() {
  const context = newContext((input) => input().map((word: string) => word.length), [[SECRET, 'a']], { splits: 2 })
  context.graph.assignUids()
  const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  const store = new MemoryBlobStore()
  const read: string[] = []
  const blobs = Object.assign(Object.create(store) as MemoryBlobStore, {
    putNew: store.putNew.bind(store),
    get: (key: string) => {
      read.push(key)
      return store.get(key)
    },
  })
  const text = Buffer.from(`not JSON: ${SECRET}`)
  for (const key of [FOREIGN, 'mine/i1/msg/1/own.json']) await store.putNew(key, text)
  const host = await functionHost('mine', program.fingerprint, blobs)
  const app = { name: 'mine', context, program } as BuiltApp
  const refTo = (key: string): BlobRef => ({ key, len: text.length, crc: crc32(text) })
  const spec: TaskSpec = {
    plan: firstPlan(program, numbered(2), { app: 'mine', records: 2 }),
    task: 's0.t0',
    exec: 0,
    attempt: 0,
    work: [{ stage: 0, partitions: [0, 1] }],
    inputs: {},
    staged: true,
  }
  const call = async (message: unknown): Promise<TaskReport> =>
    unpack((await answerTaskCall(message as never, app, host)) as Packed<TaskReport>, blobs)
  const run = (changes: { readonly plan?: object; readonly task?: object }): Promise<TaskReport> => {
    const { plan, ...task } = spec
    return call({ plan: { value: { ...plan, ...changes.plan } }, task: { value: { ...task, ...changes.task } } })
  }
  return { call, run, refTo, store, read }
}

test('a task of the app runs', async () => {
  const { run } = await deployed()
  assert.equal((await run({})).kind, 'done')
})

const badNames = ['../../other/i1', '..', '', 'a/b', 'x\u202e', 'x'.repeat(65), 7, null]

type Deployed = Awaited<ReturnType<typeof deployed>>
type Forged = readonly [sentence: string, code: string, message: RegExp, call: (d: Deployed) => Promise<TaskReport>]
const forged: readonly Forged[] = [
  ['a task of another app', 'E_TASK_SPEC', /of another app\.$/, ({ run }) => run({ plan: { app: 'other' } })],
  [
    'a task of another incarnation',
    'E_TASK_SPEC',
    /another incarnation of "mine"\.$/,
    ({ run }) => run({ plan: { inc: 'i0' } }),
  ],
  [
    'a task of another graph',
    'E_GRAPH_CHANGED',
    /the coordinator runs other\.$/,
    ({ run }) => run({ plan: { graph: 'other' } }),
  ],
  [
    'a stage that is not there',
    'E_TASK_SPEC',
    /has no stage 9\.$/,
    ({ run }) => run({ task: { work: [{ stage: 9, partitions: [0] }] } }),
  ],
  [
    'a partition that is not there',
    'E_TASK_SPEC',
    /Stage 0 has 2 partitions/,
    ({ run }) => run({ task: { work: [{ stage: 0, partitions: [2] }] } }),
  ],
  [
    'work that is no list',
    'E_TASK_SPEC',
    /not a task: work is not a list\.$/,
    ({ run }) => run({ task: { work: SECRET } }),
  ],
  [
    'state of another app',
    'E_REF_SCOPE',
    /plan\.state\["s"\]\.chains\[0\]\.blocks\[0\]\.ref names an object outside of its app\.$/,
    ({ run, refTo }) =>
      run({
        plan: {
          state: {
            s: {
              chains: [
                { from: 0, to: 256, keys: 1, blocks: [{ kind: 'snapshot', batch: 1, ref: refTo(FOREIGN), keys: 1 }] },
              ],
            },
          },
        },
      }),
  ],
  [
    'kept records of another app',
    'E_REF_SCOPE',
    /plan\.retained/,
    ({ run, refTo }) => run({ plan: { retained: { s: [{ time: 1, parts: [refTo(FOREIGN)] }] } } }),
  ],
  [
    'shuffle input of another app',
    'E_REF_SCOPE',
    /inputs\["0"\]\[0\]\.ref/,
    ({ run, refTo }) => run({ task: { inputs: { 0: [{ shuffle: 0, ref: refTo(FOREIGN), counts: [1] }] } } }),
  ],
  [
    'a way out of the app',
    'E_REF_SCOPE',
    /inputs/,
    ({ run, refTo }) =>
      run({ task: { inputs: { 0: [{ shuffle: 0, ref: refTo(`mine/i1/../../${FOREIGN}`), counts: [1] }] } } }),
  ],
  [
    'a plan that lies with another app',
    'E_REF_SCOPE',
    /plan\.ref names an object outside of its app\.$/,
    ({ call, refTo }) => call({ plan: { ref: refTo(FOREIGN) }, task: { value: {} } }),
  ],
  [
    'a plan that is no JSON',
    'E_BLOB_CORRUPT',
    /^mine\/i1\/msg\/1\/own\.json is not JSON\.$/,
    ({ call, refTo }) => call({ plan: { ref: refTo('mine/i1/msg/1/own.json') }, task: { value: {} } }),
  ],
  ['a message without a plan', 'E_TASK_SPEC', /plan/, ({ call }) => call({ task: { value: {} } })],
  ['no message', 'E_TASK_SPEC', /not a task: is not an object\.$/, ({ call }) => call(SECRET)],
  ['nothing at all', 'E_TASK_SPEC', /not a task: is not an object\.$/, ({ call }) => call(null)],
  [
    'a cut with a prototype for a name',
    'E_TASK_SPEC',
    /is a name that every object has/,
    ({ run }) => run({ plan: { cuts: JSON.parse('{"__proto__":null}') as object } }),
  ],
  ...badNames.map((name): Forged => [
    `the incarnation ${JSON.stringify(name)?.slice(0, 12)}, which would become part of names`,
    'E_TASK_SPEC',
    /plan\.inc is not a /,
    ({ run }) => run({ plan: { inc: name } }),
  ]),
  ...badNames.map((name): Forged => [
    `the task name ${JSON.stringify(name)?.slice(0, 12)}, which would become part of names`,
    'E_TASK_SPEC',
    /task is not a /,
    ({ run }) => run({ task: { task: name } }),
  ]),
]

for (const [sentence, code, message, call] of forged) {
  test(`B47: ${sentence} is refused: nothing foreign is read, nothing is written`, async () => {
    const app = await deployed()
    const { puts } = app.store.counts
    const report = await call(app)
    assert.equal(report.kind, 'failed')
    const { error } = report
    assert.equal(error.code, code, error.message)
    assert.match(error.message, message)
    assert.ok(error.did !== '')
    assertSilent(JSON.stringify(report))
    assert.deepEqual(
      app.read.filter((key) => key.startsWith('other/')),
      [],
    )
    assert.equal(app.store.counts.puts, puts)
  })
}

test('a refusal says which task it answers, as far as that can be read', async () => {
  const { run, call } = await deployed()
  for (const change of [{ plan: { app: 'other' } }, { plan: { graph: 'other' } }]) {
    const { task, exec } = await run({ ...change, task: { exec: 3 } })
    assert.deepEqual([task, exec], ['s0.t0', 3])
  }
  const unreadable = await run({ task: { task: 7, exec: 'x' } })
  assert.deepEqual([unreadable.task, unreadable.exec], ['', 0])
  const none = await call(SECRET)
  assert.deepEqual([none.task, none.exec, none.executionId], ['', 0, ''])
})
