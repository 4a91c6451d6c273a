import type { TaskReport, TaskSpec } from '../model/task.ts'

/**
 * Runs a task somewhere: in this thread, in a worker, in a Lambda. Nothing but plain data goes in or comes out. What
 * every launcher has to hold is `launcherContract`.
 */
export interface TaskLauncher {
  /** How many tasks make sense at once; 1 means that a whole batch may as well be one task. */
  readonly slots: number
  /**
   * Resolves with the answer of the executing process, also where the program's functions threw; rejects only when no
   * answer came (it may still be running). Each call is an execution of its own. Once `signal` is aborted nobody needs
   * the answer: it may come, or the call rejects.
   */
  launch(spec: TaskSpec, signal: AbortSignal): Promise<TaskReport>
  /**
   * Ends what runs in places of its own: their calls reject, those under way and those to come. A second time changes
   * nothing.
   */
  close(): Promise<void>
}
