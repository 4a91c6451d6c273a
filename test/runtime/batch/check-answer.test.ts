import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EngineEvent } from '../../../lib/model/events.ts'
import type { TaskReport, TaskSpec } from '../../../lib/model/task.ts'
import { runStages, type TaskDone } from '../../../lib/runtime/batch/run-stages.ts'
import { assertRefusal, assertSilent, SECRET, thrownBy } from '../../support/secret.ts'
import { firstBatch } from './first-batch.ts'

type Tamper = (answer: any, spec: TaskSpec) => unknown

/** `tamper` sees the first answer of each task, and what it returns takes its place unless it is undefined. */
async function batch(
  tamper: Tamper,
  attemptsMax = 2,
): Promise<{ readonly answers: TaskDone[]; readonly events: readonly EngineEvent[] }> {
  const { run, progress } = firstBatch(async (spec, honestly) => {
    const answer = await honestly()
    const replaced = spec.attempt === 0 ? tamper(answer, spec) : undefined
    return (replaced === undefined ? answer : replaced) as TaskReport
  })
  const events: EngineEvent[] = []
  const log = { event: (event: EngineEvent) => void events.push(event) }
  return { answers: await runStages({ ...run, attemptsMax, log }, progress), events }
}

/** What the batch comes to, whoever computed it. */
const outcome = (answers: readonly TaskDone[]): unknown =>
  answers.map(({ task, shuffles, state, retained, outputs, records }) => [
    task,
    shuffles.map(({ shuffle, counts }) => [shuffle, counts]),
    state.map(({ operator, keys, block }) => [operator, keys, block?.ref.crc]),
    retained.map(({ partition, ref }) => [partition, ref.crc]),
    outputs.map(({ output, partition, records: rows, ref }) => [output, partition, rows, ref?.crc]),
    records,
  ])

const honest = outcome((await batch(() => undefined)).answers)

/** Puts something in the place of a part of every answer that has this part. */
const part =
  (name: string, change: (all: any[], answer: any, spec: TaskSpec) => unknown): Tamper =>
  (answer, spec) => {
    if (answer[name].length === 0) return undefined
    change(answer[name], answer, spec)
    return answer
  }

const hostile = `\u001b[2J\u202e${SECRET}\n`
let former: any = null

const cases: readonly [sentence: string, fault: RegExp, tamper: Tamper][] = [
  ['no answer at all', /is not an object/, () => null],
  ['a text, such as an error page', /is not an object/, () => `<html>${SECRET}`],
  ['a list', /is not an object/, () => [SECRET]],
  [
    'an answer without an execution id',
    /executionId is not a text/,
    (answer) => ({ ...answer, executionId: undefined }),
  ],
  ['an answer of a kind nobody knows', /kind is not "done" or "failed"/, (answer) => ({ ...answer, kind: hostile })],
  ['the answer of another task', /belongs to another task/, (answer) => ({ ...answer, task: hostile })],
  ['the answer of another execution', /belongs to another task/, (answer) => ({ ...answer, exec: 7 })],
  [
    'an answer whose objects another execution wrote',
    /names an object that another execution wrote/,
    (answer) => ({ ...answer, executionId: `${SECRET}0` }),
  ],
  [
    'a second answer under the name of the first',
    /names an object that another execution wrote|belongs to another task/,
    (answer) => {
      former ??= answer
      return former === answer ? undefined : { ...former, task: answer.task, executionId: answer.executionId }
    },
  ],
  ['an answer without outputs', /outputs is not a list/, (answer) => ({ ...answer, outputs: undefined })],
  ['an output that lacks a partition', /lacks a partition of an output/, part('outputs', (all) => all.pop())],
  [
    'an output that is there twice',
    /lacks a partition of an output, or has one too many/,
    part('outputs', (all) => all.push(all[0])),
  ],
  [
    'an output that the program does not have',
    /lacks a partition of an output/,
    part('outputs', (all) => {
      all[0].output = hostile
    }),
  ],
  [
    'a partition that was not asked for',
    /lacks a partition of an output/,
    part('outputs', (all) => {
      all[0].partition = 2 ** 32
    }),
  ],
  ['a kept partition that is not there', /lacks a partition of a kept stream/, part('retained', (all) => all.pop())],
  [
    'a shuffle of another stage',
    /has a shuffle that is not of its stages/,
    part('shuffles', (all) => {
      all[0].shuffle = 99
    }),
  ],
  [
    'a shuffle for more reducers than there are',
    /has a shuffle that is not of its stages/,
    part('shuffles', (all) => all[0].counts.push(1)),
  ],
  [
    'counts that are no counts',
    /counts\[0\] is not a whole number/,
    part('shuffles', (all) => {
      all[0].counts[0] = 1e300
    }),
  ],
  [
    'a row count below zero',
    /records is not a whole number/,
    part('outputs', (all) => {
      all[0].records = -1
    }),
  ],
  [
    'more records than the plan has',
    /counts records that are not in the plan/,
    (answer) => {
      for (const splits of Object.values<any>(answer.records))
        for (const split of Object.keys(splits)) splits[split] = 2 ** 40
      return Object.keys(answer.records).length > 0 ? answer : undefined
    },
  ],
  [
    'records of a source that the plan does not have',
    /counts records that are not in the plan/,
    (answer) => ({ ...answer, records: { [hostile]: { 0: 1 } } }),
  ],
  [
    'records under a name that every object has',
    /is a name that every object has/,
    (answer) => ({ ...answer, records: JSON.parse('{"__proto__":{"0":1}}') as object }),
  ],
  [
    'state of another batch',
    /has a state block that is of another batch/,
    part('state', (all) => {
      all[0].block.batch = 7
    }),
  ],
  [
    'state of an empty operator name',
    /operator is not a text/,
    part('state', (all) => {
      all[0].operator = null
    }),
  ],
  [
    'key groups that do not exist',
    /to is not a whole number from 0 to 256/,
    part('state', (all) => {
      all[0].to = 4096
    }),
  ],
  [
    'an object of another app',
    /names an object outside of its app/,
    part('outputs', (all, { run }) => {
      all[0].ref.key = `other/i1/out/${run}.0`
    }),
  ],
  [
    'a way out of the store',
    /names an object outside of its app/,
    part('outputs', (all, { run }) => {
      all[0].ref.key = `test/i1/../../${run}.0`
    }),
  ],
  [
    'an accumulator that brings a prototype',
    /accumulators has a prototype in it/,
    (answer) => ({ ...answer, accumulators: JSON.parse('{"a":{"__proto__":{"polluted":1}}}') as object }),
  ],
  [
    'a failure without an error',
    /error is not an object/,
    (answer) => ({ kind: 'failed', task: answer.task, exec: answer.exec, executionId: '' }),
  ],
  [
    'a failure with an error of numbers',
    /message is not a text/,
    (answer) => ({
      kind: 'failed',
      task: answer.task,
      exec: answer.exec,
      executionId: '',
      error: {
        code: 'E',
        fault: 'program',
        name: 'E',
        message: 7,
        stack: '',
        where: {},
        did: '',
        next: [],
        retry: true,
      },
    }),
  ],
]

for (const [sentence, fault, tamper] of cases) {
  test(`B48: ${sentence}: nothing of it is used, and the next attempt gives the same batch`, async () => {
    former = null
    const { answers, events } = await batch(tamper)
    assert.deepEqual(outcome(answers), honest)
    const failed = events.filter((event) => event.type === 'task-failed')
    assert.ok(failed.length > 0)
    for (const { code, message } of failed) {
      assert.equal(code, 'E_TASK_ANSWER')
      assert.match(message, fault)
      assertSilent(JSON.stringify(events))
    }
  })
}

test('B48: where no attempt is left the batch fails with the code, the batch and the task', async () => {
  const error = assertRefusal(
    await thrownBy(() => batch(() => SECRET, 1)),
    'E_TASK_ANSWER',
    /^The answer to task s0\.t\d cannot be used: it is not an object\.$/,
  )
  assert.equal(error.where.batch, 1)
  assert.match(error.where.detail ?? '', /^task s0\.t\d$/)
  assert.equal(error.retry, true)
})
