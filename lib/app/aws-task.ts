import type { Packed } from '../aws/packed.ts'
import { decodeTask, encodeReport, type TaskMessage } from '../aws/task-message.ts'
import { SluiceError } from '../model/errors.ts'
import type { TaskReport, TaskSpec } from '../model/task.ts'
import { runTask } from '../runtime/run-task.ts'
import { serialiseError } from '../runtime/serialised-error.ts'
import type { AwsHost } from './aws-host.ts'
import type { BuiltApp } from './aws-program.ts'

/** The task function: one task per invocation. State that a task has read stays warm for the next. */
export async function runTaskMessage(message: TaskMessage, { program }: BuiltApp, host: AwsHost): Promise<Packed<TaskReport>> {
  const spec = await decodeTask(message, host.blobs)
  const report = spec.plan.graph === program.fingerprint ? await runTask(spec, program, host) : refused(spec, program.fingerprint)
  return encodeReport(report, spec, host.blobs, host.random)
}

/** Another deployment's tasks have other operators under the same numbers. */
function refused({ task, exec, plan }: TaskSpec, mine: string): TaskReport {
  const error = new SluiceError('E_GRAPH_CHANGED', `The task function holds the graph ${mine}; the coordinator planned ${plan.graph}.`, { where: { batch: plan.batch }, did: 'the task did not run', next: ['deploy all functions together'] })
  return { kind: 'failed', task, exec, run: '', error: serialiseError(error, { task }) }
}
