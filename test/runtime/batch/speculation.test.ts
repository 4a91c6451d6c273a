import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { runAll, type Launch } from '../../../lib/runtime/batch/speculation.ts'
import { engineSettings, type Speculation } from '../../../lib/runtime/settings.ts'
import { SparkConf } from '../../../lib/model/spark-conf.ts'

const settings: Speculation = { intervalMs: 100, quantile: 0.75, multiplier: 2, minTaskRuntimeMs: 300 }

/**
 * A stage of four on a clock of its own. Each copy of a task ends after so many ms, well or with an error; later than
 * everything else: never.
 */
async function stage(
  endsMs: readonly (readonly (number | Error)[])[],
  speculation: Speculation | null = settings,
): Promise<{ readonly answers: string[] | Error; readonly launched: string[]; readonly late: string[] }> {
  const clock = new ManualClock(0)
  const [launched, late]: [string[], string[]] = [[], []]
  const tasks = endsMs.map((ends, i): Launch<string> => async (copy) => {
    const end = ends[copy]
    launched.push(`${i}.${copy} at ${clock.now()}`)
    if (end instanceof Error) throw end
    await clock.sleepUntil(clock.now() + end)
    return `${i}.${copy}`
  })
  const over = runAll(tasks, {
    speculation,
    clock,
    late: (answer) => {
      late.push(answer)
    },
  }).then(
    (answers) => answers,
    (error: Error) => error,
  )
  let answers: string[] | Error | null = null
  void over.then((value) => {
    answers = value
  })
  for (let now = 0; now <= 5000 && (answers === null || now < 2000); now += 50) {
    clock.set(now)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { answers: await over, launched, late }
}

test(
  'F32: once three of four tasks are done, the one that takes twice their median runs a second time, ' +
    'and the first answer counts',
  async () => {
    const { answers, launched } = await stage([[200], [250], [300], [10_000, 100]])
    assert.deepEqual(answers, ['0.0', '1.0', '2.0', '3.1'])
    assert.deepEqual(launched.at(-1), '3.1 at 600')
  },
)

test(
  'F32: a straggler that is done before its copy wins, and the copy is not waited for; what it answers ' +
    'later is swept',
  async () => {
    const { answers, launched, late } = await stage([[200], [200], [200], [700, 500]])
    assert.deepEqual([answers, launched.length, late], [['0.0', '1.0', '2.0', '3.0'], 5, ['3.1']])
  },
)

test(
  'nobody is called slow before enough of the others ' + 'are done, nor for less than the least running time',
  async () => {
    assert.equal((await stage([[200], [200], [2000], [2000]])).launched.length, 4)
    assert.equal((await stage([[10], [10], [10], [290]])).launched.length, 4)
  },
)

test('a task fails only when no copy of it is left', async () => {
  const failing = new Error('lost')
  assert.deepEqual((await stage([[200], [200], [200], [1500, failing]])).answers, ['0.0', '1.0', '2.0', '3.0'])
  assert.equal((await stage([[200], [200], [200], [failing]])).answers, failing)
})

test('without the setting, and with it off, tasks run once, however slow', async () => {
  assert.equal((await stage([[100], [100], [100], [4000, 1]], null)).launched.length, 4)
  assert.equal(engineSettings(new SparkConf()).speculation, null)
  assert.deepEqual(engineSettings(new SparkConf({ 'spark.speculation': true })).speculation, {
    intervalMs: 100,
    quantile: 0.9,
    multiplier: 3,
    minTaskRuntimeMs: 100,
  })
})

test('answers that come once the stage has failed were given for nothing, and are heard of', async () => {
  const late: string[] = []
  const answer = Promise.withResolvers<string>()
  const stage = runAll<string>(
    [() => Promise.resolve('before'), () => Promise.reject(new Error('failed')), () => answer.promise],
    { speculation: null, clock: new ManualClock(0), late: (each) => late.push(each) },
  )
  await assert.rejects(stage, /failed/)
  answer.resolve('after')
  await answer.promise
  await Promise.resolve()
  assert.deepEqual(late, ['before', 'after'])
})
