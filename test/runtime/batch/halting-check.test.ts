import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TaskReport } from '../../../lib/model/task.ts'
import { ProcessLife, World } from '../../support/lives.ts'
import type { Batch, Build } from '../../support/run.ts'

type TaskDone = Extract<TaskReport, { kind: 'done' }>

const batches: Batch[] = [
  [
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ],
  [['a', 4]],
  [['b', 5]],
]
const summing: Build = (input) =>
  input().updateStateByKey<number>((values: readonly number[], sum: number | undefined) =>
    values.reduce((a, b) => a + b, sum ?? 0),
  )

/** What a task does that nobody can see in its answer alone, and what the batch is halted for. */
const faults: readonly [sentence: string, change: (answer: TaskDone) => TaskDone, reason: RegExp][] = [
  [
    'a reducer that has read other records than were sent to it',
    (answer) => ({ ...answer, reduced: answer.reduced.map((each) => ({ ...each, sum: each.sum + 1 })) }),
    /^Self-check before commit of batch 2: shuffle \d+: reducer \d+ read other records than were sent to it\.$/,
  ],
  [
    'a reducer that has read a record too many',
    (answer) => ({ ...answer, reduced: answer.reduced.map((each) => ({ ...each, records: each.records + 1 })) }),
    /^Self-check before commit of batch 2: shuffle \d+: \d+ records were sent to reducer \d+, and it read \d+\.$/,
  ],
  [
    'a task that has built on state which is not that of the batch before',
    (answer) => ({ ...answer, state: answer.state.map((each) => ({ ...each, base: [] })) }),
    /^Self-check before commit of batch 2: state of .*, key groups \d+ to \d+: a task built on other blocks/,
  ],
]

for (const [sentence, change, reason] of faults)
  test(`E_HALTED: ${sentence} halts the app before anything of the batch is shown`, async () => {
    const world = new World()
    let isFaulty = false
    const begin = (resume = false): Promise<ProcessLife> =>
      ProcessLife.begin(world, summing, batches, {
        resume,
        slots: 2,
        onError: () => {},
        port: async (call, run) => {
          const answer = await run()
          if (call !== 'launch' || !isFaulty) return answer
          const report = answer as TaskReport
          return (report.kind === 'done' ? change(report) : report) as typeof answer
        },
      })
    const life = await begin()
    await life.run(1)
    isFaulty = true
    await assert.rejects(life.run(2), { code: 'E_HALTED', message: reason })
    const { committed, halt } = (await world.head.read())!.value
    assert.deepEqual([committed, halt?.batch, world.shown.map(({ batch }) => batch)], [1, 2, [1]])
    assert.match(halt!.reason, reason)
    await life.coordinator.close()

    isFaulty = false
    await assert.rejects(begin(), { code: 'E_HALTED' })
    const next = await begin(true)
    await next.run()
    assert.deepEqual(
      world.shown.map(({ batch }) => batch),
      [1, 2, 3],
    )
    await next.coordinator.close()
  })
