import { join } from 'node:path'
import type { TaskLauncher } from '../../host/launcher.ts'
import { SluiceError } from '../../model/errors.ts'
import type { TaskProgram } from '../../runtime/task/program.ts'
import type { TaskHost } from '../../runtime/task/execution.ts'
import type { EmbeddedOptions } from './embedded-host.ts'
import { InlineLauncher } from '../program/inline-launcher.ts'

/**
 * Tasks in this thread, or in `workers` threads that load the program's module, where each may run for `deadlineMs`.
 */
export async function newLauncher(
  program: TaskProgram,
  host: TaskHost,
  options: EmbeddedOptions,
  { dir, app, deadlineMs }: { readonly dir: string | null; readonly app: string; readonly deadlineMs: number | null },
): Promise<TaskLauncher> {
  const { workers, args, sync, launcher } = options
  if (launcher) return launcher(program, host)
  if (workers === 0) return new InlineLauncher(program, host)
  const module = options.module ?? process.argv[1]
  if (!module)
    throw new SluiceError(
      'E_WORKER',
      'Worker threads need a module to load, and this process was started without one.',
      { did: 'nothing was started', next: ['run without --workers'] },
    )
  const { WorkerLauncher } = await import('./worker-launcher.ts')
  return WorkerLauncher.start(
    workers,
    { module, args, fingerprint: program.fingerprint, folder: dir === null ? null : join(dir, app), sync },
    host,
    deadlineMs,
  )
}
