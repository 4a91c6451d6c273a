import type { TaskLauncher } from '../host/launcher.ts'
import type { Random } from '../host/random.ts'
import { hasCode, messageOf } from '../model/errors.ts'
import type { BatchPlan, TaskReport, TaskSpec } from '../model/task.ts'
import type { TaskProgram } from '../runtime/task/program.ts'
import type { TaskHost } from '../runtime/task/execution.ts'
import { runTask } from '../runtime/task/run-task.ts'
import { timeLimit } from '../runtime/time-limit.ts'
import { plainCopy } from './plain-copy.ts'
import type { Ports } from './ports.ts'
import { never, SimProcess } from './sim-process.ts'
import type { Report } from './stores.ts'

export interface WorkerFacts {
  readonly program: TaskProgram
  readonly host: TaskHost
}

/**
 * Processes that run tasks for every coordinator, and are replaced when they die; each keeps its own warm state, which
 * may be of another epoch.
 */
export class SimWorkers {
  readonly slots: number
  readonly #ports: Ports
  readonly #random: Random
  readonly #start: (process: SimProcess) => Promise<WorkerFacts>
  readonly #taskMs: number | undefined
  readonly #workers: { process: SimProcess; facts: Promise<WorkerFacts> }[] = []
  #started = 0
  /** Answers that never came, by coordinator, and by batch and task. */
  readonly #lost = new Map<string, Map<string, number>>()

  /** `taskMs`: when a task gives up by itself; without it none does. */
  constructor(
    slots: number,
    ports: Ports,
    random: Random,
    start: (process: SimProcess) => Promise<WorkerFacts>,
    taskMs?: number,
  ) {
    this.#taskMs = taskMs
    this.slots = slots
    this.#ports = ports
    this.#random = random
    this.#start = start
  }

  /** The workers as one coordinator reaches them. */
  launcherFor(coordinator: SimProcess): TaskLauncher {
    return {
      slots: this.slots,
      launch: (spec) => this.#launch(coordinator, sent(spec)),
      close: async () => {},
    }
  }

  async #launch(coordinator: SimProcess, spec: TaskSpec): Promise<TaskReport> {
    if (spec.attempt > 0) this.#ports.count('task retried')
    const about = `${spec.plan.batch}/${spec.task}.${spec.attempt}`
    try {
      return await this.#ports.call(coordinator, { port: 'launcher', operation: 'launch', about, changes: true }, () =>
        this.#execute(spec),
      )
    } catch (error) {
      const lost = this.#lost.get(coordinator.name) ?? new Map<string, number>()
      const task = `${spec.plan.batch}/${spec.task}`
      this.#lost.set(coordinator.name, lost.set(task, (lost.get(task) ?? 0) + 1))
      throw error
    }
  }

  /** A batch must not fail because a task was lost a few times: that says nothing about the program. */
  checkPatience({ name }: SimProcess, error: unknown, report: Report): void {
    const most = [...(this.#lost.get(name)?.values() ?? [])].reduce((a, b) => Math.max(a, b), 0)
    if (hasCode(error, 'E_TASK_LOST') && most < LOST_ATTEMPTS)
      report('patience', `a batch failed, and no task was lost more than ${most} times: ${messageOf(error)}`)
    this.#lost.delete(name)
  }

  /** A worker that dies answers with silence; the launcher notices after a while, as a socket does. */
  async #execute(spec: TaskSpec): Promise<TaskReport> {
    const { process, facts } = this.#pick()
    const silence = process.ended.then(async () => {
      await this.#ports.world.sleep(200)
      throw new Error(`${process.name} is gone`)
    })
    const running = facts.then(({ program, host }) => this.#run(spec, program, host, process))
    return plainCopy(await Promise.race([running, silence]))
  }

  /** As long as it may take; a process in which something goes on after that ends. */
  async #run(spec: TaskSpec, program: TaskProgram, host: TaskHost, process: SimProcess): Promise<TaskReport> {
    if (this.#taskMs === undefined) return runTask(spec, program, host)
    const over = new AbortController()
    const now = host.clock.now()
    const times = { stopAt: now + this.#taskMs, endAt: now + 2 * this.#taskMs }
    const limit = timeLimit(host.clock, times, over.signal, () => process.end())
    try {
      const report = await runTask(spec, program, { ...host, limit })
      if (limit.signal.aborted) this.#ports.count(report.kind === 'done' ? 'done in overtime' : 'out of time')
      return report
    } finally {
      over.abort()
    }
  }

  #pick(): { process: SimProcess; facts: Promise<WorkerFacts> } {
    const at = Math.floor(this.#random.next() * this.slots)
    const known = this.#workers[at]
    if (known?.process.isAlive) return known
    const process = new SimProcess(`worker-${++this.#started}`, this.#ports.world, () =>
      this.#ports.count('worker died'),
    )
    return (this.#workers[at] = { process, facts: this.#start(process) })
  }
}

/**
 * A spec as it arrives elsewhere. The plan is the same for all tasks of a batch, so it is copied once; lists of blocks
 * grow while a batch runs, so each spec has its own.
 */
function sent(spec: TaskSpec): TaskSpec {
  const { plan: given, inputs, ...own } = spec
  const plan = plans.get(given) ?? plainCopy(given)
  plans.set(given, plan)
  return {
    ...plainCopy(own),
    plan,
    inputs: Object.fromEntries(Object.entries(inputs).map(([shuffle, blocks]) => [shuffle, [...blocks]])),
  }
}

const plans = new WeakMap<BatchPlan, BatchPlan>()

const LOST_ATTEMPTS = 4

/** Tasks in the coordinator's own process: they share its warm state and die with it. */
export function inlineFor(process: SimProcess, ports: Ports, { program, host }: WorkerFacts): TaskLauncher {
  return {
    slots: 1,
    launch: (spec) => {
      if (spec.attempt > 0) ports.count('task retried')
      return process.isAlive ? runTask(spec, program, host) : never()
    },
    close: async () => {},
  }
}
