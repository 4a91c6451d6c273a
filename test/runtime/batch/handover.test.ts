import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import type { StoredSeals } from '../../../lib/checkpoint/stored-seals.ts'
import type { BlobRef } from '../../../lib/model/refs.ts'
import { keysOf, keysOfSeals, Progress } from '../../../lib/runtime/batch/handover.ts'
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

test('who goes on knows the answers of the same plan, and none where records were set aside', async () => {
  const { run, progress } = firstBatch((_spec, honestly) => honestly())
  await runStages(run, progress)
  const sealed = JSON.parse(JSON.stringify(progress.stored())) as StoredSeals
  assert.equal(sealed.tasks.length, progress.answers.length)
  const next = new Progress(sealed, run.plan, run.stages)
  assert.deepEqual(next.answers, JSON.parse(JSON.stringify(progress.answers)))
  assert.deepEqual(
    run.stages.flatMap((stage) => next.missing(stage)),
    [],
  )
  assert.deepEqual(new Progress(sealed, { ...run.plan, nonce: 'other' }, []).answers, [])
  const skip = { in: { '[0,0]': [1] } }
  const { run: other, progress: without } = firstBatch((_spec, honestly) => honestly())
  const aside = new Progress(null, { ...other.plan, skip }, other.stages)
  await runStages(other, without)
  for (const { task, stage, partitions, answer } of without.stored().tasks)
    aside.add({ stage, partitions }, { ...(answer as TaskDone), task })
  assert.deepEqual([aside.stored().tasks, aside.answers.length > 0], [[], true])
})

test('what a task wrote are the objects of its answer, each once, and not what travels in references', () => {
  const ref = (key: string, inline?: string): BlobRef => ({ key, len: 1, crc: 1, ...(inline ? { inline } : {}) })
  const block = (key: string) => ({ kind: 'delta' as const, batch: 1, ref: ref(key), keys: 1 })
  const write = { operator: 'o', from: 0, to: 256, base: [], keys: 1 }
  const window = { pane: { time: 1, ref: ref('pane') }, slideTime: null, keepPanesAfter: 0 }
  const answer: TaskDone = {
    kind: 'done',
    task: 't',
    exec: 0,
    executionId: 'r',
    shuffles: ['s1', 's1'].map((key) => ({ shuffle: 0, ref: ref(key), sums: [], counts: [] })),
    reduced: [],
    state: [
      { ...write, block: block('state') },
      { ...write, block: null, window },
    ],
    retained: [{ stream: 'x', partition: 0, ref: ref('kept') }],
    outputs: [ref('out'), ref('travels', 'AA=='), null].map((each, partition) => ({
      output: 'o',
      partition,
      records: 1,
      ref: each,
    })),
    records: {},
    accumulators: {},
  }
  const keys = ['s1', 'state', 'pane', 'kept', 'out']
  assert.deepEqual(keysOf(answer), keys)
  const seals = { exec: 0, tasks: [{ task: 't', stage: 0, partitions: [0], answer }] }
  assert.deepEqual([keysOfSeals(seals), keysOfSeals(null)], [keys, []])
})
