import type { Packed } from '../../adapters/aws/lambda/packed.ts'
import { decodeTask, encodeReport, type TaskMessage } from '../../adapters/aws/lambda/task-message.ts'
import { SluiceError } from '../../model/errors.ts'
import type { TaskReport, TaskSpec } from '../../model/task.ts'
import { checkedTask } from '../../runtime/task/check-task.ts'
import { runTask } from '../../runtime/task/run-task.ts'
import { serialiseError } from '../../runtime/serialised-error.ts'
import { otherGraph } from '../lambda/calls.ts'
import type { AwsHost } from '../lambda/host.ts'
import type { BuiltApp } from '../program/built-program.ts'
import { checkIncarnation } from './incarnation.ts'

/**
 * One task. State that it has read stays warm for the next. A call that is no task of this app's is answered with its
 * refusal.
 */
export async function runTaskMessage(message: TaskMessage, app: BuiltApp, host: AwsHost): Promise<Packed<TaskReport>> {
  let asked: unknown = null
  let spec: TaskSpec
  try {
    asked = await decodeTask(message, app.name, host.blobs)
    spec = checkedTask(asked, app.name)
    await checkIncarnation(spec.plan, app, host)
  } catch (error) {
    // A store that does not answer says nothing about the call.
    if (error instanceof SluiceError && error.retry) throw error
    return { value: { kind: 'failed', ...nameOf(asked), executionId: '', error: serialiseError(error) } }
  }
  const { fingerprint } = app.program
  if (spec.plan.graph !== fingerprint) return { value: refused(spec, fingerprint) }
  return encodeReport(await runTask(spec, app.program, host), spec, host.blobs, host.random)
}

/** Under which name the caller waits for the answer, if it gave one. */
function nameOf(asked: unknown): Pick<TaskReport, 'task' | 'exec'> {
  const { task, exec } = (asked ?? {}) as Partial<TaskSpec>
  return { task: typeof task === 'string' ? task : '', exec: Number.isSafeInteger(exec) ? exec! : 0 }
}

/** Another deployment's tasks have other operators under the same numbers. */
const refused = ({ task, exec, plan }: TaskSpec, mine: string): TaskReport => ({
  kind: 'failed',
  task,
  exec,
  executionId: '',
  error: serialiseError(otherGraph(mine, plan.graph, 'the task did not run'), { task }),
})
