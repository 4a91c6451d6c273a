import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { TaskLauncher } from '../../host/launcher.ts'
import type { TaskReport, TaskSpec } from '../../model/task.ts'

/**
 * What the function of a task does: hands its record on; throws; adds more than seven million characters to an
 * accumulator, so that they are part of the answer; ends its process; comes to no end, but lets others run meanwhile.
 */
export type TaskDeed = 'answer' | 'throw' | 'answer-at-length' | 'end-its-process' | 'never-end'

/** A launcher, and tasks of the program that it runs. */
export interface LauncherUnderTest {
  /** Nothing was launched with it yet. */
  readonly launcher: TaskLauncher
  /** A task with this name that the program can run, and whose function does this. */
  task(name: string, does: TaskDeed): TaskSpec
}

/** What a launcher does that not every one does. */
export interface LauncherTraits {
  /** Tasks run in processes, threads or functions of their own: one may end while the launcher goes on. */
  readonly apart: boolean
}

/**
 * What every launcher of tasks has to hold. `create` makes one for each test and cleans up through `t.after`.
 */
export const launcherContract = (
  name: string,
  create: (t: TestContext) => Promise<LauncherUnderTest>,
  { apart }: LauncherTraits,
): void => {
  const promise = (title: string, body: (under: Tasks) => Promise<void>): void => {
    test(`${name}: ${title}`, { timeout: HANGS_MS }, async (t) => body(new Tasks(await create(t))))
  }

  promise('each of more tasks than slots is answered, and with what is its own', async (tasks) => {
    const names = Array.from({ length: 3 * tasks.launcher.slots + 2 }, (_, i) => `s0.t${i}`)
    const answers = await Promise.all(names.map((each, exec) => tasks.launch({ ...tasks.of(each), exec })))
    assert.deepEqual(
      answers.map(({ kind, task, exec }) => [kind, task, exec]),
      names.map((each, exec) => ['done', each, exec]),
    )
  })

  promise('it has a slot, or several', async ({ launcher }) => {
    assert.ok(Number.isInteger(launcher.slots) && launcher.slots > 0, `${launcher.slots} slots`)
  })

  promise('a function that throws is an answer, with its words; the next task runs', async (tasks) => {
    const answer = await tasks.launch(tasks.of('s0.t0', 'throw'))
    assert.equal(answer.kind, 'failed')
    const { code, fault, name, message, retry, where, stack, next } = answer.error
    assert.deepEqual({ code, fault, retry, task: where['task'] }, { ...USER_CODE, task: 's0.t0' })
    for (const words of [name, message, stack]) assert.notEqual(words, '')
    assert.deepEqual(
      next.map((each) => typeof each).filter((kind) => kind !== 'string'),
      [],
    )
    await tasks.assertRun()
  })

  promise('a task runs under the plan that comes with it, whatever came under that name before', async (tasks) => {
    const [first, second] = [tasks.of('s0.t0'), tasks.of('s0.t0', 'throw')]
    const grown = { ...second, plan: { ...second.plan, nonce: first.plan.nonce } }
    const ends = [await tasks.launch(first), await tasks.launch(grown), await tasks.launch(first)]
    assert.deepEqual(
      ends.map(({ kind }) => kind),
      ['done', 'failed', 'done'],
    )
  })

  promise('work that the program does not have is an answer as well', async (tasks) => {
    const answer = await tasks.launch({ ...tasks.of('s0.t0'), work: [{ stage: 99, partitions: [0] }] })
    assert.equal(answer.kind === 'failed' && answer.error.code, 'E_TASK_SPEC')
    await tasks.assertRun()
  })

  promise('an answer is plain data', async (tasks) => {
    for (const deed of ['answer', 'throw'] as const) {
      const answer = await tasks.launch(tasks.of('s0.t0', deed))
      assert.deepEqual(JSON.parse(JSON.stringify(answer)), answer)
    }
  })

  promise('a task that is launched again runs again, and leaves what it was given as it was', async (tasks) => {
    const spec = frozen(tasks.of('s0.t0'))
    const [first, second] = [await tasks.launch(spec), await tasks.launch(spec)]
    assert.deepEqual([first.kind, second.kind], ['done', 'done'])
    assert.notEqual(first.executionId, second.executionId)
  })

  promise('a task that is larger than a call may be arrives whole, and so does an answer', async (tasks) => {
    const spec = tasks.of('s0.t0', 'answer-at-length')
    const actions = { ...spec.plan.actions, padding: ['x'.repeat(LONG)] }
    const answer = await tasks.launch({ ...spec, plan: { ...spec.plan, actions } })
    assert.equal(answer.kind, 'done')
    assert.ok(JSON.stringify(answer.accumulators).length > LONG)
  })

  promise('a call that nobody needs any more comes to an end, and no other one with it', async (tasks) => {
    await settled(tasks.launch(tasks.of('s0.t0'), AbortSignal.abort()))
    const stopped = new AbortController()
    const late = settled(tasks.launch(tasks.of('s0.t1'), stopped.signal))
    const other = tasks.launch(tasks.of('s0.t2'))
    stopped.abort()
    await late
    assert.equal((await other).kind, 'done')
    await tasks.assertRun()
  })

  promise('a call that has ended leaves nothing behind at its signal', async (tasks) => {
    const { signal } = new AbortController()
    for (const deed of ['answer', 'throw', 'answer'] as const) await tasks.launch(tasks.of('s0.t0', deed), signal)
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })

  promise('closing it twice is closing it once', async ({ launcher }) => {
    await launcher.close()
    await launcher.close()
  })

  if (!apart) return

  promise('a task that ends its process is lost, and no other is', async (tasks) => {
    const names = Array.from({ length: 2 * tasks.launcher.slots }, (_, i) => `s0.t${i}`)
    const lost = settled(tasks.launch(tasks.of('lost', 'end-its-process')))
    const answers = await Promise.all(names.map((each) => tasks.launch(tasks.of(each))))
    assert.deepEqual(
      answers.map(({ kind, task }) => [kind, task]),
      names.map((each) => ['done', each]),
    )
    const end = await lost
    assert.ok(end.status === 'rejected' || end.value.kind === 'failed')
    for (let i = 0; i < tasks.launcher.slots; i++) await tasks.assertRun()
  })

  promise('a task that comes to no end keeps none waiting where there is another slot', async (tasks) => {
    if (tasks.launcher.slots < 2) return
    const endless = settled(tasks.launch(tasks.of('endless', 'never-end')))
    for (let i = 0; i < 3; i++) await tasks.assertRun()
    await tasks.launcher.close()
    assert.equal((await endless).status, 'rejected')
  })

  promise('once it is closed every call rejects: those that run, those that wait, those to come', async (tasks) => {
    const count = 2 * tasks.launcher.slots + 1
    const calls = Array.from({ length: count }, (_, i) => settled(tasks.launch(tasks.of(`s0.t${i}`, 'never-end'))))
    await tasks.launcher.close()
    const ends = await Promise.all([...calls, settled(tasks.launch(tasks.of('late')))])
    assert.deepEqual(
      ends.map(({ status }) => status),
      ends.map(() => 'rejected'),
    )
  })
}

class Tasks {
  readonly launcher: TaskLauncher
  readonly #under: LauncherUnderTest

  constructor(under: LauncherUnderTest) {
    this.launcher = under.launcher
    this.#under = under
  }

  of(name: string, does: TaskDeed = 'answer'): TaskSpec {
    return this.#under.task(name, does)
  }

  launch(spec: TaskSpec, signal = new AbortController().signal): Promise<TaskReport> {
    return this.launcher.launch(spec, signal)
  }

  async assertRun(): Promise<void> {
    assert.equal((await this.launch(this.of('s0.t9'))).kind, 'done')
  }
}

/** A launcher that hangs fails here, and not with the whole file. */
const HANGS_MS = 60_000
const LONG = 7_000_000
const USER_CODE = { code: 'E_USER_CODE', fault: 'program', retry: true }

const settled = async <T>(call: Promise<T>): Promise<PromiseSettledResult<T>> => (await Promise.allSettled([call]))[0]

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}
