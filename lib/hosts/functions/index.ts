import { getHeapStatistics } from 'node:v8'
import { installSourceFactories } from '../../api/dstream/source-factories.ts'
import type { App } from '../program/app.ts'
import { functionSources } from './function-sources.ts'
import type { ShowRequest, TaskCall } from '../lambda/calls.ts'
import { type AwsHost, awsHost, hostWithin } from '../lambda/host.ts'
import { type InvocationContext, limitsOf } from '../lambda/invocation.ts'
import { inTime, outOfTime, type TimeLimit, timeLimit } from '../../runtime/time-limit.ts'
import { memoryWatch } from './memory-watch.ts'
import { showOutputs } from './output.ts'
import { type BuiltApp, builtApp } from '../program/built-program.ts'
import { answerTaskCall } from './task-calls.ts'
import type { Environment } from '../../adapters/aws/clients.ts'
import { settingWarnings } from '../../model/settings/check.ts'

export type { InvocationContext } from '../lambda/invocation.ts'

type Remaining = Pick<InvocationContext, 'getRemainingTimeInMillis'>

/**
 * For the function that the coordinator invokes once per task, and to plan a batch. With a fifth of its time left it
 * stops and says so (`E_TASK_TIMEOUT`); where what it has begun does not come to rest, it ends its process.
 */
export function taskHandler(
  app: App,
  environment: Environment = process.env,
): (call: unknown, context: Remaining) => Promise<unknown> {
  const warm = onFirstCall(app, environment)
  const watch = memoryWatch(environment, 'task')
  return async (call, context) => {
    const { built, host } = warm()
    return withinInvocation(host, context, watch, (limit) =>
      answerTaskCall(call as TaskCall, built, hostWithin(host, limit)),
    )
  }
}

/**
 * For the function that the coordinator invokes once per batch. With a fifth of its time left sinks are told to stop;
 * what is not shown by then is owed.
 */
export function outputHandler(
  app: App,
  environment: Environment = process.env,
): (request: unknown, context: Remaining) => Promise<unknown> {
  const warm = onFirstCall(app, environment)
  const watch = memoryWatch(environment, 'output')
  return async (request, context) => {
    const { built, host } = warm()
    return withinInvocation(host, context, watch, ({ stopAt }) =>
      showOutputs(request as ShowRequest, built, host, stopAt),
    )
  }
}

/**
 * Nothing that an invocation has begun may go on in the next one of the same process: it is frozen in between, and a
 * request of the batch before would go out within a later one.
 */
async function withinInvocation<R>(
  { clock, log }: AwsHost,
  context: Remaining,
  watch: (log: AwsHost['log']) => void,
  run: (limit: TimeLimit) => Promise<R>,
): Promise<R> {
  const over = new AbortController()
  const limit = timeLimit(clock, limitsOf(clock.now(), context.getRemainingTimeInMillis()), over.signal, () => {
    log.event({ type: 'error', error: outOfTime(limit) })
    process.exit(1)
  })
  try {
    return await inTime(run(limit), limit, clock)
  } finally {
    over.abort()
    watch(log)
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
    built.program.state.keepAtMost(warmBytes())
    for (const message of settingWarnings(built.context.sparkContext.conf, environment))
      host.log.event({ type: 'setting', level: 'warn', message })
    return (warm = { host, built })
  }
}

/** State takes some times as much memory as where it is stored, and a batch needs memory as well. */
const warmBytes = (): number => getHeapStatistics().heap_size_limit / 8
