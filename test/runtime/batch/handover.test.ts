import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { runStages, type TaskDone } from '../../../lib/runtime/batch/run-stages.ts'
import { START } from '../../support/run.ts'
import { firstBatch } from './first-batch.ts'

test('F18: an answer that is handed over is not for nothing, whatever becomes of the others of its stage', async () => {
  const clock = new ManualClock(START)
  const hangs = Promise.withResolvers<never>()
  const { run, progress } = firstBatch((spec, honestly) => (spec.task === 's0.t1' ? hangs.promise : honestly()))
  const late: TaskDone[] = []
  const life = { launchUntil: START + 500, sealAt: START + 1000 }
  const ended = runStages({ ...run, clock, life, attemptsMax: 1, late: (answer) => late.push(answer) }, progress)
  while (progress.answers.length === 0) await new Promise(setImmediate)
  void clock.advance(1000)
  await assert.rejects(ended, { code: 'E_HANDED_OVER' })
  hangs.reject(new Error('its process ended'))
  for (let i = 0; i < 10; i++) await new Promise(setImmediate)
  assert.deepEqual([progress.answers.map(({ task }) => task), late], [['s0.t0'], []])
})

test('F18: an answer that comes after the handover, or to an execution before, counts no more', async () => {
  const { run, progress } = firstBatch((_spec, honestly) => honestly())
  const [answer] = await runStages(run, progress)
  const work = { stage: 0, partitions: [0] }
  progress.restart()
  progress.add(work, answer)
  assert.deepEqual([progress.answers, progress.holds(answer)], [[], false])
  const again = { ...answer, exec: progress.exec }
  progress.add(work, again)
  assert.ok(progress.holds(again))
  progress.close()
  progress.add({ stage: 0, partitions: [1] }, { ...again, task: 's0.t1' })
  assert.deepEqual(progress.answers, [again])
})

test('records of one key are read in the order of their partitions, whichever task answered first', async () => {
  const read: string[][] = []
  const slow = Promise.withResolvers<void>()
  const { run, progress } = firstBatch(async (spec, honestly) => {
    if (spec.inputs[0]) read.push(spec.inputs[0].map(({ ref }) => ref.key))
    if (spec.task === 's0.t0') await slow.promise
    const answer = await honestly()
    if (spec.task === 's0.t1') setImmediate(slow.resolve)
    return answer
  })
  const answers = await runStages(run, progress)
  const [first, second] = answers
  assert.deepEqual([first.task, second.task], ['s0.t0', 's0.t1'])
  const order = [first, second].map(({ shuffles }) => shuffles[0].ref.key)
  assert.deepEqual(read[0], order)
})

test('F18: what is left of a stage is asked for in tasks that reach over no partition that has answered', async () => {
  const asked: (readonly number[])[] = []
  const { run, progress } = firstBatch((spec, honestly) => {
    if (spec.work[0].stage === 0) asked.push(spec.work[0].partitions)
    return honestly()
  }, 4)
  const [, answer] = await runStages(run, progress)
  progress.restart()
  asked.length = 0
  progress.add({ stage: 0, partitions: [1] }, { ...answer, task: 's0.t1', exec: progress.exec })
  await runStages(run, progress)
  assert.deepEqual(asked, [[0], [2, 3]])
})
