import { hasCode, type SluiceError } from '../../model/errors.ts'
import { callerPlace } from '../../model/place.ts'
import type { SerialisedError, TaskReport, TaskSpec } from '../../model/task.ts'
import { reviveError, serialiseError } from '../../runtime/serialised-error.ts'
import { leftBehind } from '../program/left-behind.ts'

/** The call of `process.exit` that the task under way has made. */
let left: SluiceError | null = null

/**
 * From here on `process.exit` throws in this thread, so that the task fails with the line and the record that called
 * it. A thread that ended could not say who had ended it.
 */
export function watchExit(): void {
  process.exit = (code) => {
    left = leftBehind(Number(code ?? process.exitCode ?? 0), callerPlace())
    throw left
  }
}

/**
 * Tells what a function has begun and nobody waits for, such as a promise that is rejected late. It ends the thread, as
 * it would end a process: by then nobody knows what else it has left behind.
 */
export function watchBroken(exit: typeof process.exit, tell: (error: SerialisedError) => void): void {
  process.on('uncaughtException', (error) => {
    tell(serialiseError(error))
    exit(1)
  })
}

/** The report of a task, which has failed if it has called `process.exit`, even if it has caught what that threw. */
export function unlessLeft(report: TaskReport, { trial }: Pick<TaskSpec, 'trial'>): TaskReport {
  const error = left
  left = null
  // Such a trial goes on behind each failure, and reports all of them.
  if (error === null || trial?.kind === 'blame') return report
  if (report.kind === 'failed' && hasCode(reviveError(report.error), 'E_EXIT')) return report
  const { task, exec, executionId } = report
  return { kind: 'failed', task, exec, executionId, error: serialiseError(error, { task }) }
}
