import type { TaskReport, TaskSpec } from '../model/task.ts'

/** Runs a task somewhere: in this thread, in a worker, in a Lambda. Nothing but plain data goes in or comes out. */
export interface TaskLauncher {
  /** How many tasks make sense at once; 1 means that a whole batch may as well be one task. */
  readonly slots: number
  /** Resolves with the answer of the executing process; rejects only when no answer came (it may still be running). */
  launch(spec: TaskSpec, signal: AbortSignal): Promise<TaskReport>
  close(): Promise<void>
}
