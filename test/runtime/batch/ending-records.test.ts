import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'
import { decodeLetters } from '../../../lib/checkpoint/letter-blocks.ts'
import type { Clock } from '../../../lib/host/clock.ts'
import { silentLog } from '../../../lib/host/log.ts'
import { SluiceError } from '../../../lib/model/errors.ts'
import type { TaskSpec } from '../../../lib/model/task.ts'
import { fingerprint } from '../../../lib/plan/fingerprint.ts'
import { type IsolatedRecords, isolateRecords } from '../../../lib/runtime/batch/isolate-records.ts'
import { KnownTrials } from '../../../lib/runtime/batch/known-trials.ts'
import { TaskProgram } from '../../../lib/runtime/task/program.ts'
import { runTask } from '../../../lib/runtime/task/run-task.ts'
import { firstPlan, numbered } from '../../support/first-plan.ts'
import { newContext, START } from '../../support/run.ts'
import { firstBatch } from './first-batch.ts'

const SPLITS = 3
const lost = new SluiceError('E_TASK_LOST', 'Task all gave no answer.', { retry: true })
const clock: Clock = { now: () => START, sleepUntil: async () => {} }

interface Search {
  readonly isolated: IsolatedRecords
  readonly records: readonly unknown[]
  /** Trials of the batch, each with its repeats. */
  readonly asked: readonly string[]
}

interface Given {
  /** From this trial of a prefix on, the first is 0, whoever reads one ends. */
  readonly endsFrom?: number
  /** Of each split the records that an earlier search has set aside. */
  readonly skip?: readonly (readonly number[])[]
  /** What the batch has failed with. */
  readonly failure?: SluiceError
}

/** The records of a batch that end the process which reads them, or throw. */
async function search(
  words: readonly string[],
  { endsFrom = Infinity, skip, failure = lost }: Given = {},
): Promise<Search> {
  let isEnded = false
  const context = newContext(
    (input) =>
      input().map((word: string) => {
        if (word.startsWith('ends')) isEnded = true
        if (word.startsWith('throws')) throw new TypeError(word)
        return word
      }),
    [words],
    { splits: SPLITS },
  )
  context.graph.assignUids()
  const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  const host = { blobs: new MemoryBlobStore(), random: new SeededRandom(1), clock, log: silentLog }
  const asked: string[] = []
  const launch = async (spec: TaskSpec) => {
    isEnded = spec.trial!.kind === 'prefix' && asked.filter((kind) => kind === 'prefix').length >= endsFrom
    asked.push(spec.trial!.kind)
    const report = await runTask(spec, program, host)
    if (isEnded) throw new Error('its process is gone')
    return structuredClone(report)
  }
  const plan = firstPlan(program, numbered(SPLITS), { records: words.length })
  const [{ uid }] = context.graph.inputs
  const run = {
    ...firstBatch((_spec, honestly) => honestly()).run,
    plan: skip === undefined ? plan : { ...plan, skip: { [uid]: ofSplits(skip) } },
    clock,
    launcher: { slots: 1, launch, close: async () => {} },
  }
  const isolated = await isolateRecords(run, new KnownTrials(), () => 'nonce', failure)
  const bytes = isolated.ref === null ? null : await host.blobs.get(isolated.ref.key)
  const letters = bytes === null ? [] : decodeLetters(bytes, isolated.ref!.key)
  return { isolated, records: letters.map(({ record }) => record), asked }
}

const ofSplits = (numbers: readonly (readonly number[])[]): Record<string, readonly number[]> =>
  Object.fromEntries(numbered(SPLITS).map((split, i) => [JSON.stringify(split), numbers[i]]))

const words = (count: number, ending: readonly number[]): string[] =>
  Array.from({ length: count }, (_, i) => (ending.includes(i) ? `ends ${i}` : `word ${i}`))

test('records that end the process are found by halving, wherever they stand, and no others', async () => {
  for (const ending of [[0], [59], [20], [19, 20], [0, 1, 2], [7, 33, 58]]) {
    const { isolated, records, asked } = await search(words(60, ending))
    assert.deepEqual(
      [records, isolated.letters.map(({ id, code }) => [id, code]), isolated.plan.nonce, isolated.records],
      [ending.map((i) => `ends ${i}`), ending.map((_, i) => [`1-${i + 1}`, 'E_TASK_LOST']), 'nonce', 60],
    )
    assert.ok(!asked.includes('blame'), 'who ends can tell of no record')
    // Six halvings and a whole run for each record, each of them up to four times, and what is done once.
    assert.ok(asked.length <= ending.length * 8 * 4 + 7, `${asked.length} trials for ${ending.length} records`)
  }
})

test('a batch that ends processes for no reason of its records fails with what it failed with', async () => {
  await assert.rejects(search(words(4, []), { endsFrom: 0 }), (error) => error === lost)
  // Only after the trial without records: every record is let off, and still it ends.
  await assert.rejects(search(words(4, []), { endsFrom: 1 }), (error) => error === lost)
  await assert.rejects(search([]), (error) => error === lost)
})

test('a batch that runs well the second time has nothing set aside', async () => {
  const { isolated, records } = await search(words(8, []))
  assert.deepEqual([isolated.letters, isolated.ref, records, isolated.plan.skip], [[], null, [], undefined])
})

test('what an earlier search has set aside stays so, is no letter again, and goes with what is found', async () => {
  const skip = [[5, 7], [], [3]]
  const thrown = new SluiceError('E_USER_CODE', 'a function has thrown', {})
  for (const [kind, failure] of [
    ['ends', lost],
    ['throws', thrown],
  ] as const) {
    const bad = [2, 5, 7, 30, 43]
    const given = Array.from({ length: 60 }, (_, i) => (bad.includes(i) ? `${kind} ${i}` : `word ${i}`))
    const { isolated, records } = await search(given, { skip, failure })
    assert.deepEqual(records, [`${kind} 2`, `${kind} 30`])
    assert.deepEqual(Object.values(isolated.plan.skip!), [ofSplits([[2, 5, 7], [10], [3]])])
  }
})
