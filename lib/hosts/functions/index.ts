import { installSourceFactories } from '../../api/dstream/source-factories.ts'
import type { App } from '../program/app.ts'
import { functionSources } from './function-sources.ts'
import type { ShowRequest, TaskCall } from '../lambda/calls.ts'
import { type AwsHost, awsHost } from '../lambda/host.ts'
import { abortAtOf, type InvocationContext } from '../lambda/invocation.ts'
import { showOutputs } from './output.ts'
import { type BuiltApp, builtApp } from '../program/built-program.ts'
import { answerTaskCall } from './task-calls.ts'
import type { Environment } from '../../adapters/aws/clients.ts'
import { settingWarnings } from '../../model/settings/check.ts'

export type { InvocationContext } from '../lambda/invocation.ts'

/** For the function that the coordinator invokes once per task, and to plan a batch. */
export function taskHandler(app: App, environment: Environment = process.env): (call: unknown) => Promise<unknown> {
  const warm = onFirstCall(app, environment)
  return async (call) => {
    const { built, host } = warm()
    return answerTaskCall(call as TaskCall, built, host)
  }
}

/** For the function that the coordinator invokes once per batch. */
export function outputHandler(
  app: App,
  environment: Environment = process.env,
): (request: unknown, context: Pick<InvocationContext, 'getRemainingTimeInMillis'>) => Promise<unknown> {
  const warm = onFirstCall(app, environment)
  return async (request, context) => {
    const { built, host } = warm()
    return showOutputs(
      request as ShowRequest,
      built,
      host,
      abortAtOf(host.clock.now() + context.getRemainingTimeInMillis()),
    )
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
