import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'
import type { StoredTrial } from '../../../lib/checkpoint/stored-seals.ts'
import { silentLog } from '../../../lib/host/log.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import type { TaskReport, TaskSpec } from '../../../lib/model/task.ts'
import { fingerprint } from '../../../lib/plan/fingerprint.ts'
import { type IsolatedRecords, isolateRecords } from '../../../lib/runtime/batch/isolate-records.ts'
import { KnownTrials } from '../../../lib/runtime/batch/known-trials.ts'
import { TaskProgram } from '../../../lib/runtime/task/program.ts'
import { runTask } from '../../../lib/runtime/task/run-task.ts'
import { firstPlan, numbered } from '../../support/first-plan.ts'
import { newContext, START } from '../../support/run.ts'
import { firstBatch } from './first-batch.ts'

const words = Array.from({ length: 40 }, (_, i) => (i % 13 === 7 ? `bad ${i}` : `word ${i}`))
const TRIAL_MS = 100

/** A batch of these words, and one coordinator after the other that looks for the bad ones. */
class SearchedBatch {
  readonly asked: string[] = []
  readonly #clock = new ManualClock(START)
  readonly #program: TaskProgram
  readonly #blobs = new MemoryBlobStore()
  /** As it lies in the store between two lives. */
  #stored: readonly StoredTrial[] = []

  constructor() {
    const context = newContext(
      (input) =>
        input().map((word: string) => {
          if (word.startsWith('bad')) throw new TypeError('not a word')
          return word
        }),
      [words],
      { splits: 2 },
    )
    context.graph.assignUids()
    this.#program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  }

  /** What a coordinator comes to that has time for so many trials; `null`: it hands over. */
  async life(trialsMax: number, endsAt = Infinity): Promise<IsolatedRecords | null> {
    const end = new AbortController()
    const plan = firstPlan(this.#program, numbered(2), { records: words.length })
    const now = this.#clock.now()
    const run = {
      ...firstBatch((_spec, honestly) => honestly()).run,
      plan,
      clock: this.#clock,
      signal: end.signal,
      launcher: {
        slots: 2,
        launch: (spec: TaskSpec) => this.#try(spec, () => this.asked.length < endsAt || end.abort()),
        close: async () => {},
      },
      life: { launchUntil: now + trialsMax * TRIAL_MS, sealAt: now + 1_000_000 },
    }
    const known = new KnownTrials(this.#stored)
    try {
      return await isolateRecords(run, known, () => 'nonce', new Error('it failed'))
    } catch (error) {
      if (!hasCode(error, 'E_HANDED_OVER')) throw error
      this.#stored = JSON.parse(JSON.stringify(known.stored().trials)) as StoredTrial[]
      return null
    }
  }

  async #try(spec: TaskSpec, began: () => unknown): Promise<TaskReport> {
    this.asked.push(spec.trial!.kind)
    if (began() !== true) throw new Error('its process is gone')
    const clock = this.#clock
    const host = { blobs: this.#blobs, random: new SeededRandom(this.asked.length), clock, log: silentLog }
    const report = await runTask(spec, this.#program, host)
    await clock.advance(TRIAL_MS)
    return JSON.parse(JSON.stringify(report)) as TaskReport
  }
}

test('F18: a search for bad records that outlives its coordinator goes on in the next one', async () => {
  const whole = new SearchedBatch()
  const expected = await whole.life(1000)
  assert.equal(expected!.letters.length, 3)
  for (const trialsMax of [1, 2]) {
    const cut = new SearchedBatch()
    let isolated: IsolatedRecords | null = null
    let lives = 0
    for (; isolated === null; lives++) isolated = await cut.life(trialsMax)
    assert.ok(lives > 1)
    assert.deepEqual(isolated.letters, expected!.letters)
    assert.deepEqual([isolated.plan, isolated.records], [expected!.plan, expected!.records])
    assert.deepEqual(cut.asked, whole.asked)
  }
})

test('a coordinator that is told to end in the middle of a trial blames no record for it', async () => {
  for (const endsAt of [1, 2, 3, 4])
    await assert.rejects(new SearchedBatch().life(1000, endsAt), { code: 'E_TASK_LOST' })
})
