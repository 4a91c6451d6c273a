import type { Environment } from '../../adapters/aws/clients.ts'
import { type CoordinatorAnswer, KnownProgram, runDueBatches } from './coordinator.ts'
import { type CoordinatorHost, coordinatorHost } from './coordinator-host.ts'
import { type AwsHost, awsHost } from './host.ts'
import { collectStage, type StageReport } from './gc.ts'
import { decodeInvocation, type InvocationContext } from './invocation.ts'

export type { GarbageReport } from '../../runtime/coordinator/collect-garbage.ts'
export type { CoordinatorAnswer } from './coordinator.ts'
export type { StageReport } from './gc.ts'
export type { InvocationContext } from './invocation.ts'

/** What a queue is told that has invoked a function: it may delete all of its messages. */
export interface QueueAnswer {
  /** Those that are to come again: none. */
  readonly batchItemFailures?: readonly []
}

/**
 * For the function that a schedule invokes once a minute: runs the batches that are due. It loads no program: it asks
 * the task function what the program is, and what its batches are.
 */
export function coordinatorHandler(
  environment: Environment = process.env,
): (event: unknown, context: InvocationContext) => Promise<CoordinatorAnswer & QueueAnswer> {
  const programs = new KnownProgram()
  let host: CoordinatorHost | null = null
  return async (event, context) => {
    host ??= coordinatorHost(environment)
    const invocation = decodeInvocation(event, context, host.clock.now())
    const answer = await runDueBatches(invocation, programs, host)
    if (invocation.messages.length === 0) return answer
    return { ...answer, batchItemFailures: [] }
  }
}

/**
 * For the function that a schedule invokes once an hour: deletes what the apps of the stage have left behind. It may
 * run at any time, beside everything else; an object goes with the second run that finds that nothing leads to it.
 */
export function gcHandler(environment: Environment = process.env): () => Promise<StageReport> {
  let host: AwsHost | null = null
  return async () => collectStage((host ??= awsHost(environment)))
}
