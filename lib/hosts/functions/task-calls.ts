import type { Packed } from '../../adapters/aws/lambda/packed.ts'
import { loadedLater } from '../../model/loaded-later.ts'
import type { TaskCall } from '../lambda/calls.ts'
import type { AwsHost } from '../lambda/host.ts'
import type { BuiltApp } from '../program/built-program.ts'
import { runTaskMessage } from './task.ts'

/** A process that runs tasks of large batches plans none of them. */
const planning = loadedLater(() => import('./planning-calls.ts'))

/** The task function: one task per invocation, or what the program's batch is. */
export async function answerTaskCall(call: TaskCall, app: BuiltApp, host: AwsHost): Promise<Packed<unknown>> {
  // Whoever may call this function may send it nothing.
  if (call?.kind === undefined) return runTaskMessage(call, app, host)
  return (await planning()).answerPlanningCall(call, app, host)
}
