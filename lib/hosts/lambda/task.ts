import type { Packed } from '../../adapters/aws/lambda/packed.ts'
import { decodeTask, encodeReport, type TaskMessage } from '../../adapters/aws/lambda/task-message.ts'
import { checkedHead } from '../../checkpoint/check-head.ts'
import { SluiceError } from '../../model/errors.ts'
import type { TaskReport, TaskSpec } from '../../model/task.ts'
import { checkedTask } from '../../runtime/task/check-task.ts'
import { runTask } from '../../runtime/task/run-task.ts'
import { serialiseError } from '../../runtime/task/serialised-error.ts'
import type { AwsHost } from './host.ts'
import type { BuiltApp } from '../program/built-program.ts'

/**
 * The task function: one task per invocation. State that a task has read stays warm for the next. A call that is not a
 * task of this app's is answered with its refusal.
 */
export async function runTaskMessage(message: TaskMessage, app: BuiltApp, host: AwsHost): Promise<Packed<TaskReport>> {
  let asked: unknown = null
  let spec: TaskSpec
  try {
    asked = await decodeTask(message, app.name, host.blobs)
    spec = checkedTask(asked, app.name)
    await checkIncarnation(spec, host)
  } catch (error) {
    // A store that does not answer says nothing about the call.
    if (error instanceof SluiceError && error.retry) throw error
    return { value: { kind: 'failed', ...nameOf(asked), executionId: '', error: serialiseError(error) } }
  }
  const { fingerprint } = app.program
  const report = spec.plan.graph === fingerprint ? await runTask(spec, app.program, host) : refused(spec, fingerprint)
  return encodeReport(report, spec, host.blobs, host.random)
}

/** Under which name the caller waits for the answer, if it gave one. */
function nameOf(asked: unknown): Pick<TaskReport, 'task' | 'exec'> {
  const { task, exec } = (asked ?? {}) as Partial<TaskSpec>
  return { task: typeof task === 'string' ? task : '', exec: Number.isSafeInteger(exec) ? exec! : 0 }
}

/** Incarnations that the head was found to have, by app. A process reads the head once for each. */
const incarnations = new WeakMap<AwsHost, string>()

/** A task of an app that has begun anew since would come too late, and its objects are gone. */
async function checkIncarnation({ plan: { app, inc, batch } }: TaskSpec, host: AwsHost): Promise<void> {
  if (incarnations.get(host) === inc) return
  const head = checkedHead(await host.head(app).read())?.value ?? null
  if (head?.inc !== inc)
    throw new SluiceError('E_TASK_SPEC', `This function was asked to run a task of another incarnation of "${app}".`, {
      where: { batch },
      did: 'the task did not run',
      next: ['let the coordinator of this app call this function'],
    })
  incarnations.set(host, inc)
}

/** Another deployment's tasks have other operators under the same numbers. */
function refused({ task, exec, plan }: TaskSpec, mine: string): TaskReport {
  const error = new SluiceError(
    'E_GRAPH_CHANGED',
    `The task function holds the graph ${mine}; the coordinator planned ${plan.graph}.`,
    { where: { batch: plan.batch }, did: 'the task did not run', next: ['deploy all functions together'] },
  )
  return { kind: 'failed', task, exec, executionId: '', error: serialiseError(error, { task }) }
}
