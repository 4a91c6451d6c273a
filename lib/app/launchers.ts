import type { TaskLauncher } from '../host/launcher.ts'
import type { TaskProgram } from '../runtime/program.ts'
import type { TaskHost } from '../runtime/run-task.ts'
import type { EmbeddedOptions } from './embedded-host.ts'
import { InlineLauncher } from './inline-launcher.ts'

/** Tasks in this thread, or in `workers` threads that load the program's module. */
export async function newLauncher(program: TaskProgram, host: TaskHost, _options: EmbeddedOptions, _dir: string | null, _app: string): Promise<TaskLauncher> {
  return new InlineLauncher(program, host)
}
