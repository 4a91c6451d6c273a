import { given } from '../../model/given.ts'
import type { TaskLauncher } from '../../host/launcher.ts'
import type { TaskReport, TaskSpec } from '../../model/task.ts'
import type { TaskProgram } from '../../runtime/task/program.ts'
import type { TaskHost } from '../../runtime/task/execution.ts'
import { runTask } from '../../runtime/task/run-task.ts'

/** Runs tasks in this thread, one whole batch at a time. */
export class InlineLauncher implements TaskLauncher {
  readonly slots = 1
  readonly #program: TaskProgram
  readonly #host: TaskHost

  constructor(program: TaskProgram, host: TaskHost) {
    this.#program = program
    this.#host = { ...host, ...given({ staged: !host.freezes && program.staged }) }
  }

  launch(spec: TaskSpec): Promise<TaskReport> {
    return runTask(spec, this.#program, this.#host)
  }
  async close(): Promise<void> {}
}
