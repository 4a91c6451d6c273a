import type { TaskLauncher } from '../../../host/launcher.ts'
import { hasCode, type SluiceError } from '../../../model/errors.ts'
import type { TaskReport, TaskSpec } from '../../../model/task.ts'
import type { BlobStore } from '../../../host/blob-store.ts'
import type { Functions } from './functions.ts'
import { type Packed, unpack } from './packed.ts'
import type { TaskMessages } from './task-message.ts'

interface LambdaLauncherOptions {
  readonly functions: Functions
  readonly messages: TaskMessages
  readonly blobs: BlobStore
  /** Name of the task function, with its version where it has one. */
  readonly task: string
  /** Tasks of a stage that run at once. */
  readonly slots: number
}

/** Runs each task in an invocation of the task function. */
export class LambdaLauncher implements TaskLauncher {
  readonly slots: number
  readonly #options: LambdaLauncherOptions
  readonly #closed = new AbortController()

  constructor(options: LambdaLauncherOptions) {
    this.slots = options.slots
    this.#options = options
  }

  async launch(spec: TaskSpec, signal: AbortSignal): Promise<TaskReport> {
    const { functions, messages, blobs, task } = this.#options
    try {
      const ended = AbortSignal.any([signal, this.#closed.signal])
      const answer = await functions.call(task, await messages.encode(spec), ended)
      return await unpack(answer as Packed<TaskReport>, blobs)
    } catch (error) {
      // An invocation that ended without a report is a failed task, like one that threw.
      if (hasCode(error, 'E_FUNCTION_FAILED')) return failedReport(spec, error)
      throw error
    }
  }

  /** Nobody waits for the functions any more; they may still run. */
  async close(): Promise<void> {
    this.#closed.abort()
  }
}

const failedReport = (
  { task, exec }: TaskSpec,
  { code, fault, name, message, stack = '', did, next, retry }: SluiceError,
): TaskReport => ({
  kind: 'failed',
  task,
  exec,
  executionId: '',
  error: { code, fault, name, message, stack, where: { task }, did, next, retry },
})
