import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { WorkerLauncher } from '../../../lib/hosts/embedded/worker-launcher.ts'
import type { TaskSpec } from '../../../lib/model/task.ts'
import { launcherContract, type TaskDeed } from '../../../lib/testing/contracts/index.ts'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'
import { firstPlan } from '../../support/first-plan.ts'
import { launched } from '../../support/launched-program.ts'

const module = fileURLToPath(import.meta.resolve('../../support/launched-program.ts'))

for (const { where, count } of [
  { where: 'in memory', count: 2 },
  { where: 'in a directory', count: 2 },
  { where: 'in memory', count: 1 },
])
  launcherContract(
    `tasks in ${count} threads with objects ${where}`,
    async (t) => {
      const { program, host, task } = launched()
      const folder = where === 'in memory' ? null : await temporaryFolder(t)
      const start = { module, args: ['thread'], fingerprint: program.fingerprint, folder, sync: false }
      const launcher = await WorkerLauncher.start(count, start, host, null)
      t.after(() => launcher.close())
      return { launcher, task }
    },
    { apart: true },
  )

/** One thread, and the tasks of one batch, by partition: what each of them does. */
async function oneThread(
  t: TestContext,
  does: readonly TaskDeed[],
  deadlineMs: number | null = null,
): Promise<{ launcher: WorkerLauncher; task: (partition: number) => TaskSpec }> {
  const { program, host } = launched()
  const start = { module, args: ['thread'], fingerprint: program.fingerprint, folder: null, sync: false }
  const launcher = await WorkerLauncher.start(1, start, host, deadlineMs)
  t.after(() => launcher.close())
  const plan = firstPlan(program, does)
  const task = (partition: number): TaskSpec => {
    const work = [{ stage: 0, partitions: [partition] }]
    return { plan, task: `s0.t${partition}`, exec: 0, attempt: 0, work, inputs: {}, staged: true }
  }
  return { launcher, task }
}

test('a thread that takes the place of one that was ended is told the plan of the batch that goes on', async (t) => {
  const { launcher, task } = await oneThread(t, ['answer', 'never-end', 'answer'], 3000)
  assert.equal((await launcher.launch(task(0))).kind, 'done')
  await assert.rejects(launcher.launch(task(1)), { code: 'E_TASK_TIMEOUT' })
  // The next task may still meet the end of the old thread, and is tried again then.
  const report = await launcher.launch(task(2)).catch(() => launcher.launch(task(2)))
  assert.equal(report.kind, 'done')
})

test('a task that waits for a thread is told when all of them are ended', async (t) => {
  const { launcher, task } = await oneThread(t, ['never-end', 'answer'])
  const ends = [task(0), task(1)].map((spec) => assert.rejects(launcher.launch(spec)))
  await launcher.close()
  await Promise.all(ends)
  await assert.rejects(launcher.launch(task(1)))
})
