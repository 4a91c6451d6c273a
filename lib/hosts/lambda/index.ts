import { installSourceFactories } from '../../api/dstream/source-factories.ts'
import type { App } from '../program/app.ts'
import { functionSources } from './function-sources.ts'
import { type CoordinatorAnswer, runDueBatches } from './coordinator.ts'
import { type AwsHost, awsHost } from './host.ts'
import { type OutputAnswer, showOutput } from './output.ts'
import { type BuiltApp, builtApp } from '../program/built-program.ts'
import { runTaskMessage } from './task.ts'
import { abortAtOf, decodeInvocation, type InvocationContext } from './invocation.ts'
import type { Environment } from '../../adapters/aws/clients.ts'
import { settingWarnings } from '../../model/settings/check.ts'
import type { Packed } from '../../adapters/aws/lambda/packed.ts'
import type { TaskMessage } from '../../adapters/aws/lambda/task-message.ts'
import type { OutputRequest } from '../../checkpoint/decide-output.ts'
import type { TaskReport } from '../../model/task.ts'

/** For the function that a schedule invokes once a minute: runs the batches that are due. */
export function coordinatorHandler(
  app: App,
  environment: Environment = process.env,
): (event: unknown, context: InvocationContext) => Promise<CoordinatorAnswer> {
  const warm = onFirstCall(app, environment)
  return async (event, context) => {
    const { built, host } = warm()
    return runDueBatches(decodeInvocation(event, context, host.clock.now()), built, host)
  }
}

/** For the function that the coordinator invokes once per task. */
export function taskHandler(
  app: App,
  environment: Environment = process.env,
): (message: TaskMessage) => Promise<Packed<TaskReport>> {
  const warm = onFirstCall(app, environment)
  return async (message) => {
    const { built, host } = warm()
    return runTaskMessage(message, built, host)
  }
}

/** For the function that the coordinator invokes once per output and batch. */
export function outputHandler(
  app: App,
  environment: Environment = process.env,
): (request: OutputRequest, context: InvocationContext) => Promise<OutputAnswer> {
  const warm = onFirstCall(app, environment)
  return async (request, context) => {
    const { built, host } = warm()
    return showOutput(request, built, host, abortAtOf(host.clock.now() + context.getRemainingTimeInMillis()))
  }
}

/**
 * Kept for as long as the function is warm. A definition that throws does so on every call, where its message is seen.
 */
function onFirstCall(app: App, environment: Environment): () => { readonly built: BuiltApp; readonly host: AwsHost } {
  let warm: { readonly built: BuiltApp; readonly host: AwsHost } | null = null
  return () => {
    if (warm) return warm
    installSourceFactories(functionSources)
    const host = awsHost(environment)
    const built = builtApp(app, host.settings.slots)
    for (const message of settingWarnings(built.context.sparkContext.conf, environment))
      host.log.event({ type: 'setting', level: 'warn', message })
    return (warm = { host, built })
  }
}
