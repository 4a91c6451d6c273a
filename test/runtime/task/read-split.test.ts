import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { putBlob } from '../../../lib/checkpoint/blobs.ts'
import { encodeLetters } from '../../../lib/checkpoint/letter-blocks.ts'
import { systemRandom } from '../../../lib/adapters/local/system-random.ts'
import { silentLog } from '../../../lib/host/log.ts'
import { StreamingContext } from '../../../lib/index.ts'
import type { TaskReport, TaskSpec } from '../../../lib/model/task.ts'
import { fingerprint } from '../../../lib/plan/fingerprint.ts'
import { TaskProgram } from '../../../lib/runtime/task/program.ts'
import { storedLetters } from '../../../lib/runtime/task/read-split.ts'
import { runTask } from '../../../lib/runtime/task/run-task.ts'
import type { Source } from '../../../lib/source/source.ts'
import { firstPlan } from '../../support/first-plan.ts'
import { START } from '../../support/run.ts'

/** Runs one task that reads splits `a` and `b` of one source, and says what the source was asked for. */
async function asked(change: (spec: TaskSpec) => TaskSpec, splits = ['a', 'b']): Promise<[string[], TaskReport]> {
  const heard: string[] = []
  const source: Source<string, null, string> = {
    name: 'Letters',
    cut: async () => ({ position: null, splits: [], records: 0 }),
    ahead: (all) => {
      heard.push(`ahead ${all.join()}`)
      return async () => void heard.push('ended')
    },
    read: async function* (split) {
      heard.push(`read ${split}`)
      if (split === 'bad') throw new Error('as asked')
      yield [split]
    },
  }
  const context = new StreamingContext({ 'spark.app.name': 'test', 'spark.master': 'local[2]' }, 1000, { hosted: true })
  context.source('letters', source).foreachRDD(() => {})
  context.graph.assignUids()
  const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  const host = {
    blobs: new MemoryBlobStore(),
    random: systemRandom,
    clock: new ManualClock(START),
    log: silentLog,
  }
  const plan = firstPlan(program, splits)
  const work = [{ stage: 0, partitions: splits.map((_, i) => i) }]
  const spec: TaskSpec = { plan, task: 'all', exec: 0, attempt: 0, work, inputs: {}, staged: false }
  const report = await runTask(change(spec), program, host)
  return [heard, report]
}

test('a task that is a whole batch says what it reads before it reads, and that it has ended', async () => {
  const [heard, { kind }] = await asked((spec) => spec)
  assert.deepEqual([heard, kind], [['ahead a,b', 'read a', 'read b', 'ended'], 'done'])
})

test('one that fails has ended as well', async () => {
  const [heard, { kind }] = await asked((spec) => spec, ['bad', 'b'])
  assert.deepEqual([heard, kind], [['ahead bad,b', 'read bad', 'ended'], 'failed'])
})

test('one of several tasks of a batch says nothing, and neither does one with a single split', async () => {
  const [[spread], [single]] = [await asked((spec) => ({ ...spec, staged: true })), await asked((spec) => spec, ['a'])]
  assert.deepEqual([spread, single], [['read a', 'read b'], ['read a']])
})

test('where the ends of splits are known nothing is asked for beforehand', async () => {
  const ends = { letters: { '"a"': 'a' } }
  const [heard] = await asked((spec) => ({ ...spec, plan: { ...spec.plan, ends } }))
  assert.deepEqual(heard, ['read a', 'read b'])
})

test('of letters that are read again those are given whose records were stored, and that are meant', async () => {
  const blobs = new MemoryBlobStore()
  const facts = { source: 'lines', split: 's', index: 0, code: 'E_USER_CODE', message: 'no', place: null }
  const records = ['a', () => 'cannot be stored', 'c', 'd']
  const bytes = encodeLetters(records.map((record, i) => ({ ...facts, id: `1-${i + 1}`, record })))
  const ref = await putBlob(blobs, 'test/i1/dlq/9e/1/d', bytes, 0)
  const found = await storedLetters({ 'sluice.deadLetters': { ref, ids: ['1-1', '1-2', '1-4'] } }, blobs)
  assert.deepEqual(
    found.map(({ id, record }) => [id, record]),
    [
      ['1-1', 'a'],
      ['1-4', 'd'],
    ],
  )
})
