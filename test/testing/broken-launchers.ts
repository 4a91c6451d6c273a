import type { TaskLauncher } from '../../lib/host/launcher.ts'
import { InlineLauncher } from '../../lib/hosts/program/inline-launcher.ts'
import type { TaskReport, TaskSpec } from '../../lib/model/task.ts'
import { launcherContract } from '../../lib/testing/contracts/launcher.ts'
import { launched } from '../support/launched-program.ts'

// Launchers that break a promise each, and the suite that has to find it: launcher-contract.test.ts runs this file.

type Run = (spec: TaskSpec) => Promise<TaskReport>
type Break = (sound: TaskLauncher, run: Run) => Partial<TaskLauncher>

/** Two slots, as in processes of their own: a task that ends its process gives no answer, and closing ends them all. */
function soundLauncher(run: Run): TaskLauncher {
  const { promise: closed, reject } = Promise.withResolvers<never>()
  closed.catch(() => {})
  let isClosed = false
  return {
    slots: 2,
    launch: async (spec) => {
      if (isClosed) return closed
      if (spec.plan.nonce === 'end-its-process') throw new Error('the process has ended')
      return Promise.race([closed, spec.plan.nonce === 'never-end' ? closed : run(spec)])
    },
    close: async () => {
      isClosed = true
      reject(new Error('it is closed'))
    },
  }
}

/** Another answer than the launcher's where a function threw. */
const whereFailed =
  (change: (answer: Extract<TaskReport, { kind: 'failed' }>) => TaskReport): Break =>
  ({ launch }) => ({
    launch: async (spec, signal) => {
      const answer = await launch(spec, signal)
      return answer.kind === 'failed' && answer.error.code === 'E_USER_CODE' ? change(answer) : answer
    },
  })

const inError = (facts: object): Break => whereFailed((answer) => ({ ...answer, error: { ...answer.error, ...facts } }))

for (const [name, broken] of Object.entries<Break>({
  'sound launcher': () => ({}),
  'launcher without slots': () => ({ slots: 0 }),
  'launcher that answers with the task before': ({ launch }) => {
    let before: Promise<TaskReport> | null = null
    return {
      launch: (spec, signal) => {
        const answer = launch(spec, signal)
        if (spec.exec < 5) return answer
        const given = before ?? answer
        before = answer
        return given
      },
    }
  },
  'launcher that rejects what a function throws': whereFailed((answer) => {
    throw new Error(answer.error.message)
  }),
  'launcher that loses codes': inError({ code: 'E_TASK_LOST' }),
  'launcher that blames nobody': inError({ fault: 'unknown' }),
  'launcher that tries nothing again': inError({ retry: false }),
  'launcher that loses the task of an error': inError({ where: {} }),
  'launcher that loses words': inError({ message: '' }),
  'launcher that loses stacks': inError({ stack: '' }),
  'launcher whose errors have a cause': inError({ cause: new Error('as asked') }),
  'launcher that ends with the first failure': ({ launch }) => {
    let hasFailed = false
    return {
      launch: async (spec, signal) => {
        if (hasFailed) throw new Error('it has ended')
        const answer = await launch(spec, signal)
        hasFailed = answer.kind === 'failed' && answer.error.code === 'E_USER_CODE'
        return answer
      },
    }
  },
  'launcher that rejects work that is not there': ({ launch }) => ({
    launch: async (spec, signal) => {
      if (spec.work[0]?.stage === 99) throw new Error('there is no such stage')
      return launch(spec, signal)
    },
  }),
  'launcher that keeps plans by their names': ({ launch }) => {
    const plans = new Map<string, TaskSpec['plan']>()
    return {
      launch: (spec, signal) => {
        const plan = plans.get(spec.plan.nonce) ?? spec.plan
        plans.set(spec.plan.nonce, plan)
        return launch({ ...spec, plan }, signal)
      },
    }
  },
  'launcher whose answers have dates': ({ launch }) => ({
    launch: async (spec, signal) => ({ ...(await launch(spec, signal)), at: new Date() }),
  }),
  'launcher that answers a second time with what it knows': ({ launch }) => {
    const known = new WeakMap<TaskSpec, Promise<TaskReport>>()
    return {
      launch: (spec, signal) => {
        const answer = known.get(spec) ?? launch(spec, signal)
        known.set(spec, answer)
        return answer
      },
    }
  },
  'launcher that counts in the task': ({ launch }) => ({
    launch: async (spec, signal) => launch(Object.assign(spec, { attempt: spec.attempt + 1 }), signal),
  }),
  'launcher with room for a million': ({ launch }) => ({
    launch: async (spec, signal) => {
      if (JSON.stringify(spec).length > 1_000_000) throw new Error('it is too large')
      return launch(spec, signal)
    },
  }),
  'launcher with room for short answers': ({ launch }) => ({
    launch: async (spec, signal) => {
      const answer = await launch(spec, signal)
      return JSON.stringify(answer).length > 1_000_000 ? { ...answer, accumulators: {} } : answer
    },
  }),
  'launcher that gives up all calls with one': ({ launch }) => {
    const running = new Set<(reason: Error) => void>()
    const giveUp = (): void => running.forEach((reject) => reject(new Error('it was given up')))
    return {
      launch: async (spec, signal) => {
        const { promise, reject } = Promise.withResolvers<never>()
        running.add(reject)
        signal.addEventListener('abort', giveUp)
        try {
          return await Promise.race([promise, launch(spec, signal)])
        } finally {
          running.delete(reject)
          signal.removeEventListener('abort', giveUp)
        }
      },
    }
  },
  'launcher that waits for a signal': ({ launch }) => ({
    launch: async (spec, signal) => {
      signal.addEventListener('abort', () => {})
      return launch(spec, signal)
    },
  }),
  'launcher that is stopped by a signal for good': ({ launch }) => {
    let isStopped = false
    return {
      launch: async (spec, signal) => {
        isStopped ||= signal.aborted
        if (isStopped) throw new Error('it was stopped')
        return launch(spec, signal)
      },
    }
  },
  'launcher that is closed once': ({ close }) => {
    let isClosed = false
    return {
      close: async () => {
        if (isClosed) throw new Error('it is closed')
        isClosed = true
        await close()
      },
    }
  },
  'launcher that loses neighbours': ({ launch }) => {
    let lost = 0
    return {
      launch: async (spec, signal) => {
        if (spec.plan.nonce === 'end-its-process') lost = 1
        else if (lost-- > 0) throw new Error('the process has ended')
        return launch(spec, signal)
      },
    }
  },
  'launcher that refuses tasks while one comes to no end': ({ launch }) => {
    let isFull = false
    return {
      launch: async (spec, signal) => {
        if (isFull && spec.plan.nonce !== 'never-end') throw new Error('it is full')
        isFull ||= spec.task === 'endless'
        return launch(spec, signal)
      },
    }
  },
  'launcher that runs tasks when it is closed': ({ launch }, run) => ({
    launch: (spec, signal) => (spec.task === 'late' ? run(spec) : launch(spec, signal)),
  }),
  'launcher that ends a call without an answer when it is closed': ({ launch }) => ({
    launch: (spec, signal) =>
      launch(spec, signal).catch((error: unknown) => {
        if (spec.task === 's0.t1' && spec.plan.nonce === 'never-end') return undefined as unknown as TaskReport
        throw error
      }),
  }),
}))
  launcherContract(
    name,
    async () => {
      const { program, host, task } = launched()
      const inline = new InlineLauncher(program, host)
      const run: Run = (spec) => inline.launch(spec)
      const sound = soundLauncher(run)
      return { launcher: { ...sound, ...broken(sound, run) }, task }
    },
    { apart: true },
  )
